//! Where something is in a tree of files: text that can lead nowhere else.

use std::fmt;
use std::str::FromStr;

use protocol::upload::{MAX_NAME, is_deceptive};
use serde::{Deserialize, Serialize};

/// The longest path, bytes; what S3 allows for a key.
pub const MAX_PATH: usize = 1_024;

/// A path from a tree's root: names with `/` between, `""` for the root itself. UTF-8, no `.` or `..`, no
/// empty name, no NUL. Everything else that a container can name is a name here too.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FilePath(String);

/// One component of a path that can be given to something new: it shows as what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileName(String);

/// Text that is no path or no name, and why, as a person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPath(&'static str);

impl FromStr for FilePath {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        if text.len() > MAX_PATH {
            return Err(InvalidPath("A path is at most 1,024 bytes long."));
        }
        if text.contains('\0') {
            return Err(InvalidPath("A path has no NUL."));
        }
        for name in text.split('/') {
            match name {
                "" => return Err(InvalidPath("A path has no empty names, and no slash at its ends.")),
                "." | ".." => return Err(InvalidPath("A path has no “.” or “..” in it.")),
                name if name.len() > MAX_NAME => return Err(InvalidPath("A name is at most 255 bytes long.")),
                _ => {}
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for FileName {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        let path: FilePath = text.parse()?;
        if path.is_root() {
            return Err(InvalidPath("A name can't be empty."));
        }
        if text.contains('/') {
            return Err(InvalidPath("A name has no slash."));
        }
        // On Windows, which may unpack it, a backslash is a slash.
        if text.contains('\\') {
            return Err(InvalidPath("A name has no backslash."));
        }
        if text.chars().any(is_deceptive) {
            return Err(InvalidPath("A name has no control characters, and none that reorder text."));
        }
        Ok(Self(text.to_owned()))
    }
}

impl FilePath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Its last name; none of the root.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.rsplit('/').next().filter(|name| !name.is_empty())
    }

    /// The folder it is in; none of the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        match self.0.rfind('/') {
            Some(slash) => Some(Self(self.0[..slash].to_owned())),
            None if self.is_root() => None,
            None => Some(Self::default()),
        }
    }

    /// All its names, from the root's side.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|name| !name.is_empty())
    }

    /// What `name` is in this folder.
    ///
    /// # Errors
    /// When it is no name, or the path becomes too long.
    pub fn join(&self, name: &str) -> Result<Self, InvalidPath> {
        if name.is_empty() || name.contains('/') {
            return Err(InvalidPath("A name has no slash, and is not empty."));
        }
        if self.is_root() { name.parse() } else { format!("{}/{name}", self.0).parse() }
    }

    /// Whether it is `folder` or something in it.
    #[must_use]
    pub fn is_within(&self, folder: &Self) -> bool {
        match self.0.strip_prefix(&folder.0) {
            Some(rest) => folder.is_root() || rest.is_empty() || rest.starts_with('/'),
            None => false,
        }
    }
}

impl FileName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for FilePath {
    type Error = InvalidPath;

    fn try_from(text: String) -> Result<Self, InvalidPath> {
        text.parse()
    }
}

impl From<FilePath> for String {
    fn from(path: FilePath) -> Self {
        path.0
    }
}

impl TryFrom<String> for FileName {
    type Error = InvalidPath;

    fn try_from(text: String) -> Result<Self, InvalidPath> {
        text.parse()
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> FilePath {
        text.parse().expect("a path")
    }

    #[test]
    fn a_path_leads_nowhere_else() {
        for right in [
            "", "a", "a/b", ".bashrc", "...", "..a", "a..", "CON", "a.", "a\\b", "%2e%2e", "a\nb", "é", "e\u{301}",
            "．．",
        ] {
            assert_eq!(path(right).as_str(), right);
        }
        for wrong in ["/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", "./a", "a/.", "a\0b"] {
            assert!(wrong.parse::<FilePath>().is_err(), "{wrong:?}");
        }
        assert!("x".repeat(255).parse::<FilePath>().is_ok());
        assert!("x".repeat(256).parse::<FilePath>().is_err());
        let long = ["x".repeat(255), "y".repeat(255), "z".repeat(255), "w".repeat(255)].join("/");
        assert_eq!(long.len(), 1_023);
        assert!(format!("{long}/").parse::<FilePath>().is_err());
        assert!(format!("{long}/a").parse::<FilePath>().is_err());
        assert!(path(&long).join("ab").is_err());
    }

    #[test]
    fn a_new_name_shows_as_what_it_is() {
        for right in ["a", "shot.png", "Bild äöü 日本.png", ".env", "CON", "a."] {
            assert_eq!(right.parse::<FileName>().expect("a name").as_str(), right);
        }
        for wrong in ["", ".", "..", "a/b", "..\\x", "a\n", "\u{1b}[31m", "gpj.\u{202e}exe", "\u{fffd}", "a\0"] {
            assert!(wrong.parse::<FileName>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn paths_are_taken_apart_and_put_together() {
        let inner = path("a/b/c");
        assert_eq!(inner.name(), Some("c"));
        assert_eq!(inner.parent(), Some(path("a/b")));
        assert_eq!(path("a").parent(), Some(FilePath::default()));
        assert_eq!(FilePath::default().parent(), None);
        assert_eq!(FilePath::default().name(), None);
        assert_eq!(inner.names().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(FilePath::default().join("a"), Ok(path("a")));
        assert!(path("a").join("..").is_err());
        assert!(path("a").join("b/c").is_err());
    }

    #[test]
    fn a_sibling_that_begins_alike_is_not_within() {
        assert!(path("a/b").is_within(&path("a")));
        assert!(path("a").is_within(&path("a")));
        assert!(path("a").is_within(&FilePath::default()));
        assert!(!path("ab").is_within(&path("a")));
        assert!(!path("a").is_within(&path("a/b")));
    }
}
