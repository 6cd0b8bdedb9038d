//! The container's token, in a type that can't be printed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The random token that a container's guest demands with every request, as
/// `Authorization: Bearer <token>`. 64 hexadecimal characters; `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GuestToken(String);

impl GuestToken {
    /// A token from 32 random bytes; the caller brings the randomness.
    #[must_use]
    pub fn from_random(random: [u8; 32]) -> Self {
        Self(random.iter().map(|b| format!("{b:02x}")).collect())
    }

    /// A token read back from where it was stored.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The token itself. Only for the header that carries it and the store that keeps it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `presented` is this token, in time that tells nothing about where they differ.
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        let (ours, theirs) = (self.0.as_bytes(), presented.as_bytes());
        ours.len() == theirs.len() && ours.iter().zip(theirs).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

impl fmt::Debug for GuestToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuestToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_printed_and_compares_whole() {
        let token = GuestToken::from_random([7; 32]);
        assert_eq!(format!("{token:?}"), "GuestToken(…)");
        assert!(token.matches(&"07".repeat(32)));
        assert!(!token.matches(&"07".repeat(31)));
        assert!(!token.matches(&"08".repeat(32)));
        assert!(!token.matches(""));
    }
}
