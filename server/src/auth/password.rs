//! Hashing passwords: argon2id, off the async threads, few at a time.
//!
//! A hash takes tens of milliseconds of a processor and 19 MiB. Were every attempt hashed at once, guessing
//! would slow everybody's terminals; so [`AT_ONCE`] run, [`MOST_WAITING`] wait, and the rest are told to come back.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use tokio::sync::Semaphore;

/// KiB, passes and lanes: what OWASP's Password Storage Cheat Sheet asks of argon2id at least.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Bytes of salt (RFC 9106 §3.1).
const SALT_BYTES: usize = 16;
/// Hashes computed at once. One leaves the other processors to terminals.
const AT_ONCE: usize = 1;
/// Hashes that may wait; a second's worth or so.
const MOST_WAITING: usize = 32;

/// What stands in for the hash of somebody who has none, so that an unknown account takes as long as a known one.
/// Made up: it has the form and the parameters of a real one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5ISEhIQ$bm9ib2R5IGhhcyB0aGlzIHBhc3N3b3JkLCBldmVyISE";

/// Too many wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooBusy;

/// Hashes and compares passwords.
#[derive(Debug)]
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { running: Arc::new(Semaphore::new(AT_ONCE)), waiting: Semaphore::new(AT_ONCE + MOST_WAITING) }
    }
}

impl Passwords {
    /// The hash of `password`, in the PHC form.
    ///
    /// # Errors
    /// [`TooBusy`].
    pub async fn hash(&self, password: String) -> Result<String, TooBusy> {
        self.work(move || hash(&password)).await
    }

    /// Whether `password` has the hash `stored`; never, though after as long, when nothing is stored.
    ///
    /// # Errors
    /// [`TooBusy`].
    pub async fn is_right(&self, password: String, stored: Option<String>) -> Result<bool, TooBusy> {
        let has_one = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODY.to_owned());
        Ok(self.work(move || is_right(&password, &stored)).await? && has_one)
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, TooBusy> {
        let _place = self.waiting.try_acquire().map_err(|_| TooBusy)?;
        let permit = Arc::clone(&self.running).acquire_owned().await.map_err(|_| TooBusy)?;
        let task = tokio::task::spawn_blocking(move || {
            // With the work, not with the caller: one that hangs up must not let a second begin beside it.
            let _permit = permit;
            work()
        });
        task.await.map_err(|_| TooBusy)
    }
}

fn argon2() -> Argon2<'static> {
    // The parameters are constants within argon2's bounds.
    let parameters = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
}

fn hash(password: &str) -> String {
    let mut salt = [0; SALT_BYTES];
    #[expect(clippy::expect_used, reason = "a server without randomness must not make secrets")]
    OsRng.try_fill_bytes(&mut salt).expect("the system's randomness works");
    #[expect(clippy::expect_used, reason = "sixteen bytes are a salt, and the parameters are constants")]
    let salt = SaltString::encode_b64(&salt).expect("sixteen bytes are a salt");
    #[expect(clippy::expect_used, reason = "any bytes can be hashed with parameters within bounds")]
    let hash = argon2().hash_password(password.as_bytes(), &salt).expect("argon2id takes any password");
    hash.to_string()
}

fn is_right(password: &str, stored: &str) -> bool {
    match PasswordHash::new(stored) {
        Ok(stored) => argon2().verify_password(password.as_bytes(), &stored).is_ok(),
        Err(error) => {
            tracing::error!(%error, "a stored password hash can't be read; nobody is let in by it");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let passwords = Passwords::default();
        let stored = passwords.hash("correct horse battery".into()).await.expect("a hash");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(passwords.hash("correct horse battery".into()).await.expect("a hash"), stored, "salted");
        assert_eq!(passwords.is_right("correct horse battery".into(), Some(stored.clone())).await, Ok(true));
        for wrong in ["", "correct horse batterY", "correct horse battery "] {
            assert_eq!(passwords.is_right(wrong.into(), Some(stored.clone())).await, Ok(false), "{wrong:?}");
        }
        assert_eq!(passwords.is_right("correct horse battery".into(), None).await, Ok(false));
        let nobody = PasswordHash::new(NOBODY).expect("the form of a hash");
        let slowness = |parameters: &Params| (parameters.m_cost(), parameters.t_cost(), parameters.p_cost());
        let nobodys = Params::try_from(&nobody).expect("parameters");
        assert_eq!(slowness(&nobodys), slowness(argon2().params()), "as slow as a real one");
        assert_eq!(passwords.is_right("x".into(), Some("not a hash".into())).await, Ok(false));
    }

    #[tokio::test]
    async fn more_than_may_wait_are_turned_away_at_once() {
        let passwords = Passwords::default();
        let stored = passwords.hash("correct horse battery".into()).await.expect("a hash");
        let tries = (0..AT_ONCE + MOST_WAITING + 5).map(|_| passwords.is_right("wrong".into(), Some(stored.clone())));
        let outcomes = futures::future::join_all(tries).await;
        let busy = outcomes.iter().filter(|outcome| **outcome == Err(TooBusy)).count();
        assert_eq!(busy, 5);
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(false) | Err(TooBusy))));
    }
}
