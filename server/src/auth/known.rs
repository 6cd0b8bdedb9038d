//! Credentials that were looked up a moment ago, so that a page's many requests cost one query.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::Caller;
use crate::database::TokenHash;

/// How long a lookup is believed. What ends on this server counts at once; what ends in the database by
/// somebody else's hand, after this.
const BELIEVED_FOR: Duration = Duration::from_secs(5);
/// How many are kept. Only good credentials get in, so that a flood of bad ones pushes nothing out.
const MOST: usize = 1024;

#[derive(Debug)]
struct Entry {
    caller: Caller,
    looked_up: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<TokenHash, Entry>>);

impl Known {
    pub(super) fn get(&self, hash: &TokenHash, now: OffsetDateTime) -> Option<Caller> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(hash)?;
        let is_good = entry.looked_up.elapsed() < BELIEVED_FOR && entry.caller.expires_at.is_none_or(|at| now < at);
        is_good.then(|| entry.caller.clone())
    }

    /// Notes whom what hashes to `shown` belongs to. That is the credential's own hash but for a proxy's token, of
    /// which the signature is no part of what its sign-in is known by.
    pub(super) fn insert(&self, shown: TokenHash, caller: Caller) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST {
            entries.retain(|_, entry| entry.looked_up.elapsed() < BELIEVED_FOR);
        }
        if entries.len() < MOST {
            entries.insert(shown, Entry { caller, looked_up: Instant::now() });
        }
    }

    pub(super) fn remove(&self, credential: &TokenHash) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, entry| entry.caller.credential != *credential);
    }

    /// Forgets all that `user` holds.
    pub(super) fn remove_user(&self, user: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, entry| entry.caller.actor.user != user);
    }
}

#[cfg(test)]
mod tests {
    use app::backend::Actor;

    use super::*;

    fn caller(secret: &str, user: &str, expires_at: Option<OffsetDateTime>) -> Caller {
        Caller { actor: Actor::person(user), credential: TokenHash::of(secret), expires_at }
    }

    #[test]
    fn a_known_credential_is_forgotten_when_it_runs_out_or_is_removed() {
        let known = Known::default();
        let now = OffsetDateTime::now_utc();
        let ada = caller("a", "ada", Some(now + time::Duration::seconds(1)));
        for caller in [ada.clone(), caller("token", "ada", None), caller("e", "eve", None)] {
            known.insert(caller.credential.clone(), caller);
        }
        assert_eq!(known.get(&TokenHash::of("a"), now), Some(ada));
        assert_eq!(known.get(&TokenHash::of("a"), now + time::Duration::seconds(2)), None);
        assert_eq!(known.get(&TokenHash::of("b"), now), None);
        known.remove(&TokenHash::of("a"));
        assert_eq!(known.get(&TokenHash::of("a"), now), None);
        known.remove_user("ada");
        assert_eq!(known.get(&TokenHash::of("token"), now), None);
        assert!(known.get(&TokenHash::of("e"), now).is_some());
    }

    #[test]
    fn only_so_many_are_kept() {
        let known = Known::default();
        for number in 0..MOST + 10 {
            known.insert(TokenHash::of(&number.to_string()), caller("x", "admin", None));
        }
        assert_eq!(known.0.lock().expect("no panic").len(), MOST);
    }
}
