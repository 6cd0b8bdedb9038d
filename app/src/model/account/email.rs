//! An email address as an account's name: one spelling each, and none that looks like another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest address, bytes (RFC 5321 §4.5.3.1.3).
const MAX_LENGTH: usize = 254;
/// The longest part before the `@`, bytes (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// The longest label of a domain, bytes (RFC 1035 §2.3.4).
const MAX_LABEL: usize = 63;

/// An email address: trimmed, in lower case, ASCII only. A letter that looks like another, or that turns the
/// direction of writing, can therefore not make a second account seem like the first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// Text that is no address of that form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an email address such as ada@example.org")]
pub struct InvalidEmail;

impl Email {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim().to_ascii_lowercase();
        let (local, domain) = text.split_once('@').ok_or(InvalidEmail)?;
        let fits = text.len() <= MAX_LENGTH
            && local.len() <= MAX_LOCAL
            && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom))
            && domain.split('.').all(is_label);
        if fits { Ok(Self(text)) } else { Err(InvalidEmail) }
    }
}

/// What an unquoted local part is made of (RFC 5322 §3.2.3), between its dots.
fn is_atom(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

impl TryFrom<String> for Email {
    type Error = InvalidEmail;

    fn try_from(text: String) -> Result<Self, InvalidEmail> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        for text in ["ada@example.org", " Ada@Example.ORG ", "ADA@EXAMPLE.ORG\n"] {
            assert_eq!(text.parse::<Email>().map(String::from).as_deref(), Ok("ada@example.org"));
        }
        for good in ["a@b", "o'neil+berth@sub.example.co.uk", "x@localhost", "1@xn--bcher-kva.example"] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
    }

    #[test]
    fn what_is_none_or_could_be_taken_for_another_is_refused() {
        let long = format!("{}@example.org", "a".repeat(MAX_LOCAL + 1));
        for bad in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.org",
            "ada@@example.org",
            "a da@example.org",
            "ada@example..org",
            ".ada@example.org",
            "ada@-example.org",
            "ada@example.org\0",
            "\u{202e}ada@example.org",
            "аda@example.org",
            "ada@exаmple.org",
            "ada@example.org<script>",
            "ada@example.org'--",
            "ada\r\nbcc: eve@example.org@example.org",
            long.as_str(),
        ] {
            assert_eq!(bad.parse::<Email>(), Err(InvalidEmail), "{bad:?}");
        }
    }
}
