//! Ids as newtypes. Each can only be made from text of its exact form; none is ever guessed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId {
    /// The kind of id that was wanted, in words.
    pub kind: &'static str,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a {}", self.kind)
    }
}

impl std::error::Error for InvalidId {}

/// A session's id: twelve characters of `[a-z0-9]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionId(String);

impl SessionId {
    /// Length in characters.
    pub const LENGTH: usize = 12;
    /// The characters an id is made of; 36¹² ids, 62 bits.
    pub const ALPHABET: &'static [u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

    /// An id from twelve random bytes; the caller brings the randomness so that this crate needs none.
    /// A byte above 251 would favour the first letters, so bytes are reduced from 16 bits each.
    #[must_use]
    pub fn from_random(random: [u16; Self::LENGTH]) -> Self {
        Self(random.iter().map(|r| char::from(Self::ALPHABET[usize::from(*r) % 36])).collect())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SessionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = text.len() == Self::LENGTH && text.bytes().all(|b| Self::ALPHABET.contains(&b));
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidId { kind: "session id" }) }
    }
}

/// A container's full id, as its driver names it: 1–128 characters of `[A-Za-z0-9_.-]`, not
/// starting with a dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContainerId(String);

impl ContainerId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ContainerId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = (1..=128).contains(&text.len())
            && !text.starts_with('.')
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidId { kind: "container id" }) }
    }
}

/// A terminal's number within its session, 1–6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct TerminalId(u8);

impl TerminalId {
    /// How many terminals a session may have.
    pub const MAX: u8 = 6;
    /// The terminal that a session starts with.
    pub const FIRST: Self = Self(1);

    /// Terminal `number`, if there can be one.
    ///
    /// # Errors
    /// Outside 1–6.
    pub fn new(number: u8) -> Result<Self, InvalidId> {
        if (1..=Self::MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(InvalidId { kind: "terminal from 1 to 6" })
        }
    }

    /// The number, 1–6.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// All that there can be, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=Self::MAX).map(Self)
    }
}

impl TryFrom<u8> for TerminalId {
    type Error = InvalidId;

    fn try_from(number: u8) -> Result<Self, InvalidId> {
        Self::new(number)
    }
}

impl From<TerminalId> for u8 {
    fn from(id: TerminalId) -> Self {
        id.0
    }
}

impl FromStr for TerminalId {
    type Err = InvalidId;

    /// Exactly one digit: `+1`, `01` and ` 1` are refused.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.as_bytes() {
            [digit @ b'1'..=b'6'] => Ok(Self(digit - b'0')),
            _ => Err(InvalidId { kind: "terminal from 1 to 6" }),
        }
    }
}

impl fmt::Display for TerminalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! text_id {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(SessionId);
text_id!(ContainerId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_is_twelve_of_its_alphabet_and_nothing_else() {
        assert!("abcdefghij01".parse::<SessionId>().is_ok());
        for wrong in
            ["", "abcdefghij0", "abcdefghij012", "ABCDEFGHIJ01", "abcdefghij0/", "abcdefghij0é", "../../../etc"]
        {
            assert!(wrong.parse::<SessionId>().is_err(), "{wrong:?}");
        }
        let made = SessionId::from_random([0, 35, 36, 71, 65535, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(made.as_str().parse::<SessionId>().as_ref(), Ok(&made));
    }

    #[test]
    fn a_terminal_is_one_digit_from_one_to_six() {
        for wrong in ["0", "7", "", "+1", "01", "1 ", "-1", "10", "255", "256", "１"] {
            assert!(wrong.parse::<TerminalId>().is_err(), "{wrong:?}");
        }
        assert_eq!(TerminalId::all().map(TerminalId::get).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        assert!(serde_json::from_str::<TerminalId>("7").is_err());
    }

    #[test]
    fn a_container_id_cannot_be_a_path() {
        for wrong in ["", ".", "..", ".hidden", "a/b", "a b", "a\0"] {
            assert!(wrong.parse::<ContainerId>().is_err(), "{wrong:?}");
        }
        assert!("berth-abcdefghij01".parse::<ContainerId>().is_ok());
    }
}
