//! How long an account is closed after wrong passwords: not at all for the first few, then twice as long each
//! time. It is told of known and unknown accounts alike, so that it tells nothing of which there are.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The wait after the first that does.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait. Anybody can make another's account wait, so it stays short; guessing at one an
/// attempt a minute gets nowhere.
const LONGEST: Duration = Duration::from_secs(60);
/// After so long without an attempt an account starts afresh.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(15 * 60);
/// Accounts that are remembered. Beyond this the oldest are forgotten.
const MOST: usize = 4096;

#[derive(Debug, Clone, Copy)]
struct Entry {
    wrong: u32,
    last: Instant,
}

impl Entry {
    fn open_at(&self, free: u32) -> Instant {
        let Some(doublings) = self.wrong.checked_sub(free + 1) else { return self.last };
        let wait = FIRST.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX));
        self.last + wait.min(LONGEST)
    }
}

/// Counts wrong passwords by account.
#[derive(Debug)]
pub(super) struct Delays {
    /// Wrong passwords that cost no wait.
    free: u32,
    entries: Mutex<HashMap<String, Entry>>,
}

impl Delays {
    pub(super) fn new(free: u32) -> Self {
        Self { free, entries: Mutex::default() }
    }

    /// How long `account` is closed yet, at `now`.
    pub(super) fn wait(&self, account: &str, now: Instant) -> Option<Duration> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = entries.get(account)?.open_at(self.free).saturating_duration_since(now);
        (!wait.is_zero()).then_some(wait)
    }

    /// Counts a wrong password.
    pub(super) fn was_wrong(&self, account: &str, now: Instant) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST && !entries.contains_key(account) {
            entries.retain(|_, entry| now.duration_since(entry.last) < FORGOTTEN_AFTER);
            if entries.len() >= MOST
                && let Some(oldest) = entries.iter().min_by_key(|(_, entry)| entry.last).map(|(name, _)| name.clone())
            {
                entries.remove(&oldest);
            }
        }
        let entry = entries.entry(account.to_owned()).or_insert(Entry { wrong: 0, last: now });
        if now.duration_since(entry.last) >= FORGOTTEN_AFTER {
            entry.wrong = 0;
        }
        *entry = Entry { wrong: entry.wrong.saturating_add(1), last: now };
    }

    /// Forgets what was wrong: the right password came.
    pub(super) fn was_right(&self, account: &str) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: u32 = 4;

    #[test]
    fn the_wait_doubles_up_to_its_longest_and_ends_with_the_right_password() {
        let delays = Delays::new(FREE);
        let now = Instant::now();
        let mut waits = Vec::new();
        for _ in 0..FREE + 9 {
            delays.was_wrong("ada", now);
            waits.push(delays.wait("ada", now).map_or(0, |wait| wait.as_secs()));
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(delays.wait("ada", now + LONGEST), None);
        assert_eq!(delays.wait("eve", now), None);
        delays.was_right("ada");
        assert_eq!(delays.wait("ada", now), None);
    }

    #[test]
    fn a_quarter_of_an_hour_later_it_begins_afresh() {
        let delays = Delays::new(FREE);
        let now = Instant::now();
        for _ in 0..FREE + 5 {
            delays.was_wrong("ada", now);
        }
        let later = now + FORGOTTEN_AFTER;
        delays.was_wrong("ada", later);
        assert_eq!(delays.wait("ada", later), None);
    }

    #[test]
    fn a_flood_of_names_keeps_to_its_room() {
        let delays = Delays::new(FREE);
        let now = Instant::now();
        for number in 0..=MOST {
            delays.was_wrong(&number.to_string(), now + Duration::from_nanos(number as u64));
        }
        let entries = delays.entries.lock().expect("no panic");
        assert_eq!(entries.len(), MOST);
        assert!(!entries.contains_key("0") && entries.contains_key("1"));
    }
}
