//! How secrets are kept: as a hash that can't be turned back.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::DatabaseError;

/// SHA-256 of a secret. A secret of 32 random bytes needs no slower hash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of `secret`.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn to_hex(&self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    pub(super) fn from_hex(text: &str) -> Result<Self, DatabaseError> {
        let corrupt = || DatabaseError::Corrupt { what: "a secret's hash", detail: "not 64 hexadecimal digits".into() };
        let mut hash = [0; 32];
        if text.len() != 2 * hash.len() || !text.is_ascii() {
            return Err(corrupt());
        }
        for (at, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| corrupt())?;
        }
        Ok(Self(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_survives_being_stored() {
        let hash = TokenHash::of("secret");
        assert_eq!(TokenHash::from_hex(&hash.to_hex()).expect("a hash"), hash);
        for wrong in ["", "00", &"g".repeat(64), &"é".repeat(32)] {
            assert!(TokenHash::from_hex(wrong).is_err(), "{wrong}");
        }
    }
}
