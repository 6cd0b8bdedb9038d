//! How often an address may try what costs something: to sign in, to join the waitlist.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

/// Attempts to sign in that an address may make at once.
const BURST: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// How long one attempt takes to come back. A token has 256 bits, so this guards the log and the
/// processor more than the token.
const REFILL: Duration = Duration::from_secs(6);
/// Addresses that are remembered. Beyond this they share one allowance.
const MOST_ADDRESSES: usize = 4096;

type Limiter = RateLimiter<IpAddr, HashMapStateStore<IpAddr>, DefaultClock, StateInformationMiddleware>;

/// Counts attempts by address.
pub struct Attempts {
    /// How many may be made at once.
    burst: NonZeroU32,
    limiter: Limiter,
    /// Held while old addresses are forgotten, so that one caller does it and not all.
    sweeping: Mutex<()>,
}

/// Where an address stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Attempts in all.
    pub limit: u32,
    /// Attempts left.
    pub remaining: u32,
    /// How long to wait, when none was left.
    pub retry_after: Option<Duration>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self::new(BURST, REFILL)
    }
}

impl std::fmt::Debug for Attempts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attempts").field("addresses", &self.limiter.len()).finish()
    }
}

impl Attempts {
    /// `burst` at once, of which one comes back each `refill`.
    #[must_use]
    pub fn new(burst: NonZeroU32, refill: Duration) -> Self {
        let quota = Quota::with_period(refill).unwrap_or(Quota::per_minute(burst)).allow_burst(burst);
        Self { burst, limiter: RateLimiter::hashmap(quota).with_middleware(), sweeping: Mutex::new(()) }
    }

    /// Counts one attempt by `address`.
    pub fn count(&self, address: IpAddr) -> Standing {
        let limit = self.burst.get();
        match self.limiter.check_key(&self.key(address)) {
            Ok(state) => Standing { limit, remaining: state.remaining_burst_capacity(), retry_after: None },
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                Standing { limit, remaining: 0, retry_after: Some(wait) }
            }
        }
    }

    fn key(&self, address: IpAddr) -> IpAddr {
        if self.limiter.len() >= MOST_ADDRESSES {
            if let Ok(_guard) = self.sweeping.try_lock() {
                self.limiter.retain_recent();
            }
            if self.limiter.len() >= MOST_ADDRESSES {
                return Ipv6Addr::UNSPECIFIED.into();
            }
        }
        one_of(address)
    }
}

/// What counts as one address in limits: a person has a whole /64 of IPv6.
#[must_use]
pub fn one_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// What somebody is told who must wait.
#[must_use]
pub fn too_many_attempts(wait: Duration) -> String {
    format!("Too many attempts. Try again in {} s.", wait.as_secs().saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_runs_out_of_attempts_and_another_does_not() {
        let attempts = Attempts::default();
        let busy = IpAddr::from([192, 0, 2, 1]);
        for used in 1..=BURST.get() {
            let standing = attempts.count(busy);
            assert_eq!((standing.remaining, standing.retry_after), (BURST.get() - used, None));
        }
        let standing = attempts.count(busy);
        assert!(standing.retry_after.is_some_and(|wait| !wait.is_zero() && wait <= REFILL), "{standing:?}");
        assert_eq!(attempts.count(IpAddr::from([192, 0, 2, 2])).retry_after, None);
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let attempts = Attempts::default();
        let mut last = None;
        for host in 0..=u64::from(BURST.get()) {
            let address = Ipv6Addr::from((0x2001_0db8_u128 << 96) | u128::from(host));
            last = attempts.count(address.into()).retry_after;
        }
        assert!(last.is_some());
    }

    #[test]
    fn addresses_beyond_the_most_share_one_allowance() {
        let attempts = Attempts::default();
        for number in 0..u32::try_from(MOST_ADDRESSES).expect("small") {
            attempts.count(IpAddr::from(number.to_be_bytes()));
        }
        for _ in 0..=BURST.get() {
            attempts.count(IpAddr::from([203, 0, 113, 1]));
        }
        assert!(attempts.count(IpAddr::from([203, 0, 113, 2])).retry_after.is_some());
        assert!(attempts.limiter.len() <= MOST_ADDRESSES + 1);
    }
}
