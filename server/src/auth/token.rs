//! The token without which nobody can set the server up, and the form of all secrets.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use protocol::SessionId;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

/// The file in the data directory that holds the token that is good now.
pub const SETUP_TOKEN_FILE: &str = "setup-token";
/// Bytes of a token, 256 bits.
const TOKEN_BYTES: usize = 32;

/// The token that the first administrator is made with: there from the start of a server that has none until
/// it has, and never again.
pub struct SetupToken {
    path: PathBuf,
    current: Mutex<Option<String>>,
}

impl fmt::Debug for SetupToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetupToken").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SetupToken {
    /// A new one, written into `data_dir`, when it `is_needed`; else none, and none in its file.
    pub(super) fn new(data_dir: &Path, is_needed: bool) -> io::Result<Self> {
        let path = data_dir.join(SETUP_TOKEN_FILE);
        let current = if is_needed {
            let token = random();
            write(&path, &token)?;
            Some(token)
        } else {
            remove(&path)?;
            None
        };
        Ok(Self { path, current: Mutex::new(current) })
    }

    /// Where the token is written.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The token itself, while there is one. Only for the line that is printed at start-up, and for tests.
    #[must_use]
    pub fn reveal(&self) -> Option<String> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether `presented` is the token, which stays good.
    #[must_use]
    pub fn is(&self, presented: &str) -> bool {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().is_some_and(|token| is_same(token, presented))
    }

    /// Whether `presented` is the token; it is used up then. The time it takes tells nothing of where the two
    /// differ.
    #[must_use]
    pub fn claim(&self, presented: &str) -> bool {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = current.as_ref().is_some_and(|token| is_same(token, presented));
        if is_it {
            *current = None;
        }
        is_it
    }

    /// Undoes a claim that came to nothing: `token` is good again.
    pub fn restore(&self, token: &str) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.to_owned());
    }

    /// Ends it for good: the server is set up.
    ///
    /// # Errors
    /// When its file can't be removed; it is of no use to its reader then.
    pub fn retire(&self) -> io::Result<()> {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
        remove(&self.path)
    }
}

/// Compares digests, which have one length and whose first difference says nothing of the texts'.
pub(super) fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (Sha256::digest(a.as_bytes()), Sha256::digest(b.as_bytes()));
    a.iter().zip(b.iter()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

/// A secret of 32 random bytes, hexadecimal.
pub(super) fn random() -> String {
    let mut bytes = [0; TOKEN_BYTES];
    // Linux' own randomness does not fail once the machine is up; without it nothing may go on.
    #[expect(clippy::expect_used, reason = "a server without randomness must not make secrets")]
    OsRng.try_fill_bytes(&mut bytes).expect("the system's randomness works");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A random id of twelve characters, like a session's.
pub(super) fn id() -> String {
    let random: [u16; SessionId::LENGTH] = rand::random();
    SessionId::from_random(random).as_str().to_owned()
}

/// Whether `text` looks like a secret of ours.
pub(super) fn has_form(text: &str) -> bool {
    text.len() == 2 * TOKEN_BYTES && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Through a file beside it, so that a reader never sees half a token, and never readable by others.
fn write(path: &Path, token: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    remove(&beside)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(token.as_bytes())?;
    file.write_all(b"\n")?;
    fs::rename(&beside, path)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_token_is_good_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let token = SetupToken::new(dir.path(), true).expect("a token");
        let first = token.reveal().expect("a token");
        assert!(has_form(&first));
        for wrong in ["", "x", &first[1..], &first.to_uppercase(), &format!("{first} ")] {
            assert!(!token.claim(wrong) || wrong == first, "{wrong}");
        }
        assert!(token.claim(&first));
        assert!(!token.claim(&first));
        token.restore(&first);
        assert!(token.claim(&first));
    }

    #[test]
    fn the_file_holds_the_token_while_it_is_good_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join(SETUP_TOKEN_FILE);
        fs::write(&path, "old").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
        let token = SetupToken::new(dir.path(), true).expect("a token");
        assert_eq!(Some(fs::read_to_string(&path).expect("readable").trim_end().to_owned()), token.reveal());
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        token.retire().expect("removed");
        assert!(!path.exists());
        assert_eq!(token.reveal(), None);
        fs::write(&path, "old").expect("written");
        let none = SetupToken::new(dir.path(), false).expect("no token");
        assert!(!path.exists() && !none.claim("old") && !none.claim(""));
    }
}
