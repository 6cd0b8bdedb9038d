//! A circuit breaker around a driver: one that failed several times in a row is let be for a while, so that nobody
//! waits for what will not come, and an engine in trouble is not asked ever more.
//!
//! ```text
//!            MOST_FAILURES in a row             the wait is over
//!   closed ────────────────────────▶ open ───────────────────────▶ half-open
//!     ▲                               ▲                             │    │
//!     └────────── one call works ─────┼─────────────────────────────┘    │
//!                                     └──── it fails: wait twice as long ┘
//! ```
//!
//! Only making and starting containers is let be. Looking, stopping and deleting go through always: they find out
//! what is there, and whoever wants to be rid of something should not wait for a timer.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use protocol::ContainerId;
use tokio::time::Instant;

use crate::{ByteStream, Container, ContainerSpec, Exit, Health, Progress, Runtime, RuntimeError, Survey, Usage};

/// Failures in a row after which a driver is let be. One may be a container's own fault.
pub const MOST_FAILURES: u32 = 5;
/// The first wait, and the longest: each failed try doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(10);
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// A call that was given up after this long counts as a failure; people give up sooner for reasons of their own.
const LONG: Duration = Duration::from_secs(30);

/// A driver that is let be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The driver's name.
    pub runtime: &'static str,
    /// What it said last.
    pub detail: String,
    /// Since when nothing is asked of it.
    pub since: SystemTime,
    /// When it is tried again.
    pub retry_at: SystemTime,
}

/// See the module.
pub struct Breaker {
    driver: Arc<dyn Runtime>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Failures in a row.
    failures: u32,
    open: Option<Open>,
    /// Whether the one call that finds out is under way.
    is_probed: bool,
}

struct Open {
    since: SystemTime,
    until: Instant,
    retry_at: SystemTime,
    detail: String,
}

impl Breaker {
    /// One around `driver`, closed.
    #[must_use]
    pub fn new(driver: Arc<dyn Runtime>) -> Self {
        Self { driver, state: Mutex::default() }
    }

    /// Runs `call`, unless the driver is let be.
    async fn guard<T>(&self, call: impl Future<Output = Result<T, RuntimeError>> + Send) -> Result<T, RuntimeError> {
        let probe = self.enter()?;
        let mut running = Running { breaker: self, began: Instant::now(), is_over: false };
        let outcome = call.await;
        running.is_over = true;
        match &outcome {
            Err(error) if is_the_drivers(error) => self.failed(error),
            _ => self.worked(),
        }
        drop(probe);
        outcome
    }

    /// Whether a call may go through now; the one that finds out takes a guard with it.
    fn enter(&self) -> Result<Option<Probe<'_>>, RuntimeError> {
        let mut state = self.state();
        let Some(open) = &state.open else { return Ok(None) };
        let left = open.until.saturating_duration_since(Instant::now());
        if left.is_zero() && !state.is_probed {
            state.is_probed = true;
            return Ok(Some(Probe { breaker: self }));
        }
        let again = if left.is_zero() { "now".to_owned() } else { format!("in {} s", left.as_secs().max(1)) };
        let detail = format!("{}. It failed {} times in a row and is tried again {again}", open.detail, state.failures);
        Err(RuntimeError::Unavailable { detail })
    }

    fn failed(&self, error: &RuntimeError) {
        let mut state = self.state();
        let open_since = match &state.open {
            // Those that were under way when it opened say nothing new.
            Some(open) if open.until > Instant::now() => return,
            open => open.as_ref().map(|open| open.since),
        };
        state.failures = state.failures.saturating_add(1);
        if state.failures < MOST_FAILURES {
            return;
        }
        let since = open_since.unwrap_or_else(SystemTime::now);
        let doublings = state.failures.saturating_sub(MOST_FAILURES);
        let wait = FIRST_WAIT.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(LONGEST_WAIT);
        let retry_at = SystemTime::now() + wait;
        state.open = Some(Open { since, until: Instant::now() + wait, retry_at, detail: detail(error) });
    }

    fn worked(&self) {
        let mut state = self.state();
        state.failures = 0;
        state.open = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call under way. One that is given up after long has failed: whoever asked has a limit of their own.
struct Running<'a> {
    breaker: &'a Breaker,
    began: Instant,
    is_over: bool,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !self.is_over && self.began.elapsed() >= LONG {
            self.breaker.failed(&RuntimeError::Timeout { what: "the runtime's answer", seconds: LONG.as_secs() });
        }
    }
}

/// The one call that finds out; given up, another may.
struct Probe<'a> {
    breaker: &'a Breaker,
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        self.breaker.state().is_probed = false;
    }
}

/// Whether a failure tells of the driver, and not of one container.
fn is_the_drivers(error: &RuntimeError) -> bool {
    matches!(error, RuntimeError::Unavailable { .. } | RuntimeError::Timeout { .. } | RuntimeError::Io { .. })
}

fn detail(error: &RuntimeError) -> String {
    match error {
        RuntimeError::Unavailable { detail } => detail.clone(),
        other => other.to_string(),
    }
}

#[async_trait]
impl Runtime for Breaker {
    fn name(&self) -> &'static str {
        self.driver.name()
    }

    async fn health(&self) -> Health {
        self.driver.health().await
    }

    fn troubles(&self) -> Vec<Trouble> {
        let state = self.state();
        // Once it may be tried again it is no trouble until it fails again.
        let open = state.open.as_ref().filter(|open| open.until > Instant::now());
        let trouble = open.map(|open| Trouble {
            runtime: self.driver.name(),
            detail: open.detail.clone(),
            since: open.since,
            retry_at: open.retry_at,
        });
        trouble.into_iter().collect()
    }

    /// Let be as making is. That it may take long, and is given up, says nothing of the driver.
    async fn prepare(&self, spec: &ContainerSpec, progress: &Progress) -> Result<(), RuntimeError> {
        drop(self.enter()?);
        let outcome = self.driver.prepare(spec, progress).await;
        outcome.inspect_err(|error| {
            if is_the_drivers(error) {
                self.failed(error);
            }
        })
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, RuntimeError> {
        self.guard(self.driver.create(spec)).await
    }

    async fn start(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        self.guard(self.driver.start(id)).await
    }

    async fn stop(&self, id: &ContainerId, grace: Duration) -> Result<(), RuntimeError> {
        self.driver.stop(id, grace).await
    }

    async fn delete(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        self.driver.delete(id).await
    }

    async fn inspect(&self, id: &ContainerId) -> Result<Container, RuntimeError> {
        self.driver.inspect(id).await
    }

    async fn list(&self) -> Result<Vec<Container>, RuntimeError> {
        self.driver.list().await
    }

    async fn survey(&self) -> Survey {
        self.driver.survey().await
    }

    fn others(&self) -> &[Arc<dyn Runtime>] {
        self.driver.others()
    }

    fn driver_of<'a>(&'a self, id: &'a ContainerId) -> &'a str {
        self.driver.driver_of(id)
    }

    async fn wait(&self, id: &ContainerId) -> Result<Exit, RuntimeError> {
        self.driver.wait(id).await
    }

    async fn connect(&self, id: &ContainerId) -> Result<Box<dyn ByteStream>, RuntimeError> {
        self.driver.connect(id).await
    }

    async fn usage(&self, id: &ContainerId) -> Result<Usage, RuntimeError> {
        self.driver.usage(id).await
    }

    async fn disk_use(&self, id: &ContainerId) -> Result<u64, RuntimeError> {
        self.driver.disk_use(id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Call, FakeRuntime};

    fn id(text: &str) -> ContainerId {
        text.parse().expect("an id")
    }

    async fn try_once(breaker: &Breaker) -> Result<(), String> {
        breaker.start(&id("a")).await.map_err(|error| error.to_string())
    }

    fn away() -> RuntimeError {
        RuntimeError::Unavailable { detail: "nobody listens".into() }
    }

    fn around_a_fake() -> (Arc<FakeRuntime>, Breaker) {
        let fake = Arc::new(FakeRuntime::default());
        fake.plant(&id("a"), &"abcdefghij01".parse().expect("an id"), crate::ContainerState::Created);
        (fake.clone(), Breaker::new(fake))
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_tells_when_it_tries_again_and_closes_when_that_works() {
        let (fake, breaker) = around_a_fake();
        fake.fail(Call::Start, Some(away));
        for _ in 0..MOST_FAILURES {
            assert!(breaker.troubles().is_empty());
            assert_eq!(try_once(&breaker).await.unwrap_err(), "the container runtime is unavailable: nobody listens");
        }
        let told = try_once(&breaker).await.unwrap_err();
        assert!(told.contains("nobody listens. It failed 5 times in a row and is tried again in 10 s"), "{told}");
        assert_eq!(fake.count(Call::Start), 5, "it is not asked");
        let first = breaker.troubles().remove(0);
        assert!(first.retry_at >= first.since + FIRST_WAIT);
        // What only looks or clears away goes through.
        breaker.stop(&id("a"), Duration::ZERO).await.unwrap();
        assert_eq!(breaker.list().await.unwrap().len(), 1);

        tokio::time::advance(FIRST_WAIT).await;
        try_once(&breaker).await.unwrap_err();
        assert_eq!(fake.count(Call::Start), 6, "it is asked once");
        assert!(try_once(&breaker).await.unwrap_err().contains("in 20 s"), "and let be for twice as long");
        assert_eq!(breaker.troubles()[0].since, first.since, "it has not worked since");
        tokio::time::advance(2 * FIRST_WAIT).await;
        assert!(breaker.troubles().is_empty(), "nobody is told that it is let be when it is not");
        fake.fail(Call::Start, None);
        try_once(&breaker).await.unwrap();
        assert!(breaker.troubles().is_empty());
        fake.fail(Call::Start, Some(away));
        try_once(&breaker).await.unwrap_err();
        assert!(breaker.troubles().is_empty(), "it counts from the beginning");
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_finds_out_and_one_that_is_given_up_lets_another() {
        let (fake, breaker) = around_a_fake();
        fake.fail(Call::Start, Some(away));
        for _ in 0..MOST_FAILURES {
            try_once(&breaker).await.unwrap_err();
        }
        tokio::time::advance(FIRST_WAIT).await;
        fake.fail(Call::Start, None);
        fake.hold(Call::Start);
        {
            let mut probe = Box::pin(try_once(&breaker));
            assert!(futures::poll!(probe.as_mut()).is_pending());
            assert!(try_once(&breaker).await.unwrap_err().contains("tried again now"));
        }
        fake.release(Call::Start);
        try_once(&breaker).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_are_given_up_after_long_count_and_others_do_not() {
        let (fake, breaker) = around_a_fake();
        fake.hold(Call::Start);
        for _ in 0..MOST_FAILURES {
            assert!(tokio::time::timeout(LONG / 2, try_once(&breaker)).await.is_err());
        }
        assert!(breaker.troubles().is_empty());
        for _ in 0..MOST_FAILURES {
            assert!(tokio::time::timeout(LONG, try_once(&breaker)).await.is_err());
        }
        assert_eq!(breaker.troubles()[0].detail, "the runtime's answer took longer than 30 s");
    }

    #[tokio::test]
    async fn what_is_one_containers_fault_opens_nothing() {
        let (fake, breaker) = around_a_fake();
        fake.fail(Call::Start, Some(|| RuntimeError::Start { detail: "no".into() }));
        for _ in 0..=MOST_FAILURES {
            try_once(&breaker).await.unwrap_err();
        }
        fake.fail(Call::Start, Some(|| RuntimeError::DiskFull));
        for _ in 0..=MOST_FAILURES {
            try_once(&breaker).await.unwrap_err();
        }
        assert!(breaker.troubles().is_empty());
    }
}
