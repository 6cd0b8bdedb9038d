//! The one-time token that signs the administrator in.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

/// The file in the data directory that holds the token that is good now.
pub const SIGN_IN_TOKEN_FILE: &str = "sign-in-token";
/// Bytes of a token, 256 bits.
const TOKEN_BYTES: usize = 32;

/// The token that signs in next. Each is good once; the file always holds the one that is good.
pub struct SignInToken {
    path: PathBuf,
    current: Mutex<String>,
}

impl fmt::Debug for SignInToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInToken").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SignInToken {
    pub(super) fn new(data_dir: &Path) -> io::Result<Self> {
        let path = data_dir.join(SIGN_IN_TOKEN_FILE);
        let token = random();
        write(&path, &token)?;
        Ok(Self { path, current: Mutex::new(token) })
    }

    /// Where the token that is good is written.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The token itself. Only for the line that is printed at start-up, and for tests.
    #[must_use]
    pub fn reveal(&self) -> String {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether `presented` is the token; it is used up then, and the next is in its place. The time it
    /// takes tells nothing of where the two differ.
    #[must_use]
    pub fn claim(&self, presented: &str) -> bool {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = is_same(&current, presented);
        if is_it {
            *current = random();
        }
        is_it
    }

    /// Undoes a claim that came to nothing: `token` is good again.
    pub fn restore(&self, token: &str) {
        token.clone_into(&mut self.current.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Writes the token that is good into its file.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn publish(&self) -> io::Result<()> {
        write(&self.path, &self.reveal())
    }
}

/// Compares digests, which have one length and whose first difference says nothing of the texts'.
fn is_same(a: &str, b: &str) -> bool {
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

/// Whether `text` looks like a secret of ours.
pub(super) fn has_form(text: &str) -> bool {
    text.len() == 2 * TOKEN_BYTES && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Through a file beside it, so that a reader never sees half a token, and never readable by others.
fn write(path: &Path, token: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(token.as_bytes())?;
    file.write_all(b"\n")?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_token_is_good_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let token = SignInToken::new(dir.path()).expect("a token");
        let first = token.reveal();
        assert!(has_form(&first));
        for wrong in ["", "x", &first[1..], &first.to_uppercase(), &format!("{first} ")] {
            assert!(!token.claim(wrong) || wrong == first, "{wrong}");
        }
        assert!(token.claim(&first));
        assert!(!token.claim(&first));
        assert_ne!(token.reveal(), first);
        token.restore(&first);
        assert!(token.claim(&first));
    }

    #[test]
    fn the_file_holds_the_token_that_is_good_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join(SIGN_IN_TOKEN_FILE);
        fs::write(&path, "old").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
        let token = SignInToken::new(dir.path()).expect("a token");
        assert!(token.claim(&token.reveal()));
        token.publish().expect("written");
        assert_eq!(fs::read_to_string(&path).expect("readable").trim_end(), token.reveal());
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    }
}
