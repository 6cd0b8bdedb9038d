//! Names of uploaded files, and how large they may be.

use std::fmt;
use std::str::FromStr;

/// The largest upload, bytes: a screen recording of some minutes, and far from a container's disk.
pub const MAX_UPLOAD: u64 = 100 * 1024 * 1024;
/// The longest name, bytes, as Linux' file systems have it.
pub const MAX_NAME: usize = 255;
/// The folder in a container's home that uploads go to.
pub const FOLDER: &str = "uploads";
/// How the name of an upload under way begins. Nobody's file may: what has it is removed when the
/// guest starts.
pub const UNFINISHED: &str = ".berth-upload-";

/// The name of an upload: one component of a path that shows as what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadName(String);

/// Text that can't be the name of an upload, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidName(&'static str);

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for InvalidName {}

impl FromStr for UploadName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() || text == "." || text == ".." {
            return Err(InvalidName("a file needs a name"));
        }
        if text.len() > MAX_NAME {
            return Err(InvalidName("a name is at most 255 bytes long"));
        }
        if text.contains('/') {
            return Err(InvalidName("a name has no slash"));
        }
        if text.chars().any(is_deceptive) {
            return Err(InvalidName("a name has no control characters, and none that reorder text"));
        }
        if text.starts_with(UNFINISHED) {
            return Err(InvalidName("names that begin like this are kept for uploads under way"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Whether it makes a name show as something else: controls, line breaks, what reorders text, and what stands for
/// bytes that were no UTF-8.
#[must_use]
pub fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || character == char::REPLACEMENT_CHARACTER
}

impl UploadName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name to try when `number - 1` files have it already.
    #[must_use]
    pub fn numbered(&self, number: u32) -> String {
        numbered(&self.0, number)
    }
}

/// The name to try when `number - 1` files have `name` already: `shot-2.png` for the second. What is too long is
/// cut before the number.
#[must_use]
pub fn numbered(name: &str, number: u32) -> String {
    if number < 2 {
        return name.to_owned();
    }
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    };
    let suffix = format!("-{number}{extension}");
    // An extension so long that no stem is left is no extension.
    if suffix.len() >= MAX_NAME {
        let suffix = format!("-{number}");
        return format!("{}{suffix}", cut(name, MAX_NAME - suffix.len()));
    }
    format!("{}{suffix}", cut(stem, MAX_NAME - suffix.len()))
}

/// As much of `text`'s beginning as `most` bytes hold.
fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_component_that_shows_as_what_it_is() {
        for right in
            ["a", "shot.png", "Bild äöü 日本.png", ".env", "-rf", "...", "a b", "'; rm -rf ~", &"x".repeat(255)]
        {
            assert_eq!(right.parse::<UploadName>().expect("a name").as_str(), right);
        }
        for wrong in [
            "",
            ".",
            "..",
            "a/b",
            "/",
            "../x",
            "a\0",
            "a\n",
            "\u{1b}[31m",
            "a\u{7f}",
            "a\u{9b}",
            "gpj.\u{202e}exe",
            "\u{2066}x",
            "\u{200f}",
            "\u{2028}",
            "\u{fffd}",
            ".berth-upload-x",
            &"x".repeat(256),
            &"é".repeat(128),
        ] {
            assert!(wrong.parse::<UploadName>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_taken_name_gets_a_number_before_its_extension() {
        let numbered = |name: &str, number| name.parse::<UploadName>().expect("a name").numbered(number);
        assert_eq!(numbered("a.png", 1), "a.png");
        assert_eq!(numbered("a.png", 2), "a-2.png");
        assert_eq!(numbered("a.tar.gz", 3), "a.tar-3.gz");
        assert_eq!(numbered(".env", 2), ".env-2");
        assert_eq!(numbered("notes", 10), "notes-10");
    }

    #[test]
    fn with_its_number_a_name_is_no_longer_than_a_name_may_be() {
        for name in [
            "x".repeat(255),
            format!("{}.png", "x".repeat(251)),
            format!("{}.é", "é".repeat(126)),
            format!("a.{}", "x".repeat(253)),
        ] {
            let name: UploadName = name.parse().expect("a name");
            let numbered = name.numbered(1000);
            assert!(numbered.len() <= MAX_NAME && numbered.contains("-1000"), "{numbered}");
            assert!(numbered.parse::<UploadName>().is_ok());
        }
    }
}
