//! What sessions are made by: the tables of agents and tiers, what one person may have, and how often sessions are
//! looked at.

use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;

use app::model::error::{ApiError, ErrorCode};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use runtime::Limits;

use crate::sessions::agents::{self, Agent};

/// The tier of sessions for which none was chosen.
pub const STANDARD: &str = "standard";
/// People whose attempts are remembered before those that have their whole allowance back are forgotten.
const MOST_PEOPLE: usize = 4096;

/// See the module.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Ids and what each permits, the smallest first; one of them is [`STANDARD`].
    pub tiers: Vec<(String, Limits)>,
    pub agents: Vec<Agent>,
    pub allowances: Allowances,
    pub pace: Pace,
}

/// What one person may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowances {
    /// Sessions in all.
    pub sessions: u32,
    /// Sessions that run, start or stop at once.
    pub running: u32,
    pub creates_a_minute: NonZeroU32,
    pub sockets_a_minute: NonZeroU32,
}

impl Default for Allowances {
    fn default() -> Self {
        Self {
            sessions: 200,
            running: 20,
            creates_a_minute: NonZeroU32::new(10).unwrap_or(NonZeroU32::MIN),
            sockets_a_minute: NonZeroU32::new(30).unwrap_or(NonZeroU32::MIN),
        }
    }
}

/// How fast time goes by for sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two looks at the running sessions.
    pub sample: Duration,
    /// What counts as a minute of idleness.
    pub minute: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let sample = Duration::from_secs(app::model::usage::SAMPLE_SECONDS);
        Self { sample, minute: Duration::from_secs(60) }
    }
}

impl Rules {
    /// Rules with one tier, the shipped agents, and the usual allowances and pace.
    ///
    /// # Panics
    /// Never: the shipped table is valid, which a test says.
    #[must_use]
    pub fn with(limits: Limits) -> Self {
        Self {
            tiers: vec![(STANDARD.into(), limits)],
            agents: agents::table(&[]).unwrap_or_default(),
            allowances: Allowances::default(),
            pace: Pace::default(),
        }
    }

    /// The agent of this id.
    #[must_use]
    pub fn agent(&self, id: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == id)
    }

    /// What the tier of this id permits.
    #[must_use]
    pub fn tier(&self, id: &str) -> Option<Limits> {
        self.tiers.iter().find(|(tier, _)| tier == id).map(|(_, limits)| *limits)
    }

    /// The same; where the configuration has it no more, the standard one's.
    #[must_use]
    pub fn limits(&self, tier: &str) -> Limits {
        let standard = || self.tier(STANDARD).or_else(|| self.tiers.first().map(|(_, limits)| *limits));
        self.tier(tier).or_else(standard).unwrap_or(Limits {
            cpu_millis: 1000,
            memory_bytes: 1 << 30,
            pids: 512,
            disk_bytes: 4 << 30,
        })
    }
}

/// Counts what each person does, and says when it is too much.
pub(crate) struct Counter {
    what: &'static str,
    most: NonZeroU32,
    limiter: DefaultKeyedRateLimiter<String>,
    /// Held while old entries are forgotten, so that one caller does it and not all.
    sweeping: Mutex<()>,
}

impl Counter {
    /// Lets each person do `what` `most` times a minute.
    pub(crate) fn new(what: &'static str, most: NonZeroU32) -> Self {
        Self { what, most, limiter: RateLimiter::keyed(Quota::per_minute(most)), sweeping: Mutex::new(()) }
    }

    /// Counts one; RATE_LIMITED when it is one too many.
    pub(crate) fn count(&self, person: &str) -> Result<(), ApiError> {
        if self.limiter.len() >= MOST_PEOPLE
            && let Ok(_guard) = self.sweeping.try_lock()
        {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&person.to_owned()).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
            let told = format!("You may {} {} times a minute. Try again in {wait} s.", self.what, self.most);
            ApiError::new(ErrorCode::RateLimited, told)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_person_has_an_allowance_of_their_own() {
        let counter = Counter::new("make sessions", NonZeroU32::new(2).unwrap());
        counter.count("ada").unwrap();
        counter.count("ada").unwrap();
        let refused = counter.count("ada").unwrap_err();
        assert_eq!(refused.code, ErrorCode::RateLimited);
        assert!(
            refused.error.starts_with("You may make sessions 2 times a minute. Try again in "),
            "{}",
            refused.error
        );
        counter.count("eve").unwrap();
    }

    #[test]
    fn a_tier_that_is_gone_is_the_standard_one() {
        let limits = Limits { cpu_millis: 1, memory_bytes: 2, pids: 3, disk_bytes: 4 };
        let rules = Rules::with(limits);
        assert_eq!(rules.limits("gone"), limits);
        assert_eq!(rules.agents.len(), 5);
    }
}
