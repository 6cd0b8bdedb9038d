//! Cookies that were looked up a moment ago, so that a page's many requests cost one query.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use app::backend::Actor;
use time::OffsetDateTime;

use crate::database::TokenHash;

/// How long a lookup is believed. A sign-out on this server counts at once; one made in the
/// database by somebody else, after this.
const BELIEVED_FOR: Duration = Duration::from_secs(5);
/// How many are kept. Only good cookies get in, so that a flood of bad ones pushes nothing out.
const MOST: usize = 1024;

#[derive(Debug)]
struct Entry {
    actor: Actor,
    looked_up: Instant,
    expires_at: OffsetDateTime,
}

#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<TokenHash, Entry>>);

impl Known {
    pub(super) fn get(&self, hash: &TokenHash, now: OffsetDateTime) -> Option<Actor> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(hash)?;
        (entry.looked_up.elapsed() < BELIEVED_FOR && now < entry.expires_at).then(|| entry.actor.clone())
    }

    pub(super) fn insert(&self, hash: TokenHash, actor: Actor, expires_at: OffsetDateTime) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST {
            entries.retain(|_, entry| entry.looked_up.elapsed() < BELIEVED_FOR);
        }
        if entries.len() < MOST {
            entries.insert(hash, Entry { actor, looked_up: Instant::now(), expires_at });
        }
    }

    pub(super) fn remove(&self, hash: &TokenHash) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor() -> Actor {
        Actor { user: "admin".into() }
    }

    #[test]
    fn a_known_cookie_is_forgotten_when_it_runs_out_or_is_removed() {
        let known = Known::default();
        let now = OffsetDateTime::now_utc();
        known.insert(TokenHash::of("a"), actor(), now + time::Duration::seconds(1));
        assert_eq!(known.get(&TokenHash::of("a"), now), Some(actor()));
        assert_eq!(known.get(&TokenHash::of("a"), now + time::Duration::seconds(2)), None);
        assert_eq!(known.get(&TokenHash::of("b"), now), None);
        known.remove(&TokenHash::of("a"));
        assert_eq!(known.get(&TokenHash::of("a"), now), None);
    }

    #[test]
    fn only_so_many_are_kept() {
        let known = Known::default();
        let now = OffsetDateTime::now_utc();
        for number in 0..MOST + 10 {
            known.insert(TokenHash::of(&number.to_string()), actor(), now + time::Duration::days(1));
        }
        assert_eq!(known.0.lock().expect("no panic").len(), MOST);
    }
}
