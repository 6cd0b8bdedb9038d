//! What running sessions use and do, looked at every few seconds: told to the pages, and the reason to put one to sleep.
//!
//! Kept in memory only. Looking wakes nothing and keeps nothing awake. Bytes on disk are counted more rarely, for it
//! means to look at each file.

mod disk;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::backend::sessions::SessionEvent;
use app::model::session::SessionState;
use app::model::usage::{Activity, Sample, SessionUsage, keep};
use futures::future;
use futures::stream::{self, Stream, StreamExt as _};
use protocol::{ContainerId, GuestToken, SessionId, guest};
use runtime::Usage;
use time::OffsetDateTime;
use tokio::time::{Instant, MissedTickBehavior};

pub(super) use disk::count as count_disk;

use crate::accounts::to_text;
use crate::database::StoredSession;
use crate::preferences::PreferencesService;
use crate::sessions::context::Context;
use crate::sessions::guest::GuestClient;
use crate::sessions::idle::Wakefulness;
use crate::sessions::owner::Command;

/// The most looks under way at once.
const LOOKS_AT_ONCE: usize = 16;
/// Looks that begin in the same moment; a round's are spread over most of the time until the next, so that nobody who
/// types waits behind the looks at hundreds.
const LOOKS_TOGETHER: usize = 4;
/// Of the time between rounds, what the beginnings of a round's looks are spread over.
const SPREAD: f64 = 0.8;
/// How long what is found is kept back, so that pages hear of several sessions at once.
const TELLING: Duration = Duration::from_millis(500);
/// What one look may take. One that hangs must not hold up the others for long.
const LOOK_LIMIT: Duration = Duration::from_secs(2);
/// For how long one question counts as somebody who watches.
const ASKED: Duration = Duration::from_secs(30);
/// How many looks are skipped while no page is open: then only sleep depends on them.
const UNWATCHED: u32 = 5;
/// For how many looks a person's own idle time is believed before it is read again.
const PREFERENCE_LOOKS: u32 = 3;

/// See the module.
#[derive(Default)]
pub(super) struct Pulse {
    running: Mutex<HashMap<SessionId, Watched>>,
    /// When somebody asked last what is used.
    asked: Mutex<Option<Instant>>,
}

struct Watched {
    subject: Subject,
    wakefulness: Wakefulness,
    /// When it was looked at last, and the CPU time that it had had by then, microseconds.
    before: Option<(Instant, u64)>,
    samples: VecDeque<Sample>,
    usage: Option<SessionUsage>,
    /// Bytes of its own on disk, when last counted, if it could be.
    disk: Option<u64>,
    /// Whether that was tried.
    is_counted: bool,
    /// How long it may be idle, as of the last look.
    idle: Option<Duration>,
}

/// What of a session's row a look needs.
#[derive(Clone)]
struct Subject {
    id: SessionId,
    owner: String,
    container: Option<ContainerId>,
    token: GuestToken,
    tier: String,
    keep: bool,
}

impl Subject {
    fn of(row: &StoredSession) -> Self {
        Self {
            id: row.id.clone(),
            owner: row.owner.clone(),
            container: row.container.clone(),
            token: row.token.clone(),
            tier: row.details.tier.clone(),
            keep: row.details.keep,
        }
    }
}

/// What one look has found; what could not be told is absent.
struct Look {
    id: SessionId,
    at: Instant,
    usage: Option<Usage>,
    activity: Option<guest::Activity>,
}

/// How long each person's sessions may be idle, as last read.
#[derive(Default)]
struct IdleTimes {
    known: HashMap<String, Option<Duration>>,
    age: u32,
}

impl Pulse {
    /// Takes in what a session's row says now.
    pub fn note(&self, row: &StoredSession) {
        let mut running = self.running();
        if row.state != SessionState::Running {
            running.remove(&row.id);
            return;
        }
        match running.get_mut(&row.id) {
            Some(watched) => watched.subject = Subject::of(row),
            None => {
                let watched = Watched {
                    subject: Subject::of(row),
                    wakefulness: Wakefulness::new(Instant::now()),
                    before: None,
                    samples: VecDeque::new(),
                    usage: None,
                    disk: None,
                    is_counted: false,
                    idle: None,
                };
                running.insert(row.id.clone(), watched);
            }
        }
    }

    /// Forgets a session.
    pub fn forget(&self, id: &SessionId) {
        self.running().remove(id);
    }

    /// Keeps a session awake. False when it doesn't run.
    pub fn touch(&self, id: &SessionId) -> bool {
        let mut running = self.running();
        let watched = running.get_mut(id);
        watched.map(|watched| watched.wakefulness.touch(Instant::now())).is_some()
    }

    /// What the running sessions of `owner` use, with the samples before.
    pub fn of(&self, owner: &str) -> Vec<(SessionUsage, Vec<Sample>)> {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let running = self.running();
        let own = running.values().filter(|watched| watched.subject.owner == owner);
        own.filter_map(|watched| Some((watched.usage.clone()?, watched.samples.iter().copied().collect()))).collect()
    }

    /// Whether a session has been idle for as long as it may, at this moment.
    pub fn is_over(&self, id: &SessionId) -> bool {
        let running = self.running();
        let watched = running.get(id);
        watched.is_some_and(|watched| {
            watched.idle.is_some_and(|idle| watched.wakefulness.idle_for(Instant::now()) >= idle)
        })
    }

    /// Whether somebody has asked of late, who has no stream of events.
    fn was_asked(&self) -> bool {
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.is_some_and(|asked| asked.elapsed() < ASKED)
    }

    fn subject(&self, id: &SessionId) -> Option<Subject> {
        self.running().get(id).map(|watched| watched.subject.clone())
    }

    fn subjects(&self) -> Vec<Subject> {
        self.running().values().map(|watched| watched.subject.clone()).collect()
    }

    /// Takes a look in; answers what is to be told, with its owner, and whether it is to sleep.
    fn take(&self, context: &Context, look: Look, idle: Option<Duration>) -> Option<(String, SessionUsage, bool)> {
        let mut running = self.running();
        let watched = running.get_mut(&look.id)?;
        let (keeps, owner) = (watched.subject.keep, watched.subject.owner.clone());
        let cpu_millis = match (look.usage, watched.before) {
            (Some(usage), Some((at, before))) => rate(usage.cpu_micros.saturating_sub(before), look.at - at),
            _ => 0,
        };
        if let Some(usage) = look.usage {
            watched.before = Some((look.at, usage.cpu_micros));
        }
        let memory_bytes = look.usage.map_or(0, |usage| usage.memory_bytes);
        let now = Sample { cpu_millis, memory_bytes, disk_bytes: watched.disk };
        keep(&mut watched.samples, now);
        let activity = look.activity.as_ref();
        let doing = activity.map(|activity| watched.wakefulness.observe(look.at, activity, keeps));
        // One that can't be asked may be at work.
        let idle = idle.filter(|_| doing.is_some());
        watched.idle = idle;
        let left = idle.map(|idle| idle.saturating_sub(watched.wakefulness.idle_for(look.at)));
        let is_kept = keeps && doing != Some(Activity::Shell);
        let limits = context.rules.limits(&watched.subject.tier);
        let usage = SessionUsage {
            id: look.id,
            now,
            cpu_limit_millis: limits.cpu_millis,
            memory_limit_bytes: limits.memory_bytes,
            disk_limit_bytes: limits.disk_bytes,
            activity: doing.unwrap_or_default(),
            terminals: activity.map_or(0, |activity| u8::try_from(activity.terminals.len()).unwrap_or(u8::MAX)),
            clients: activity.map_or(0, |activity| {
                activity.terminals.iter().fold(0, |sum: u32, open| sum.saturating_add(open.terminal.clients))
            }),
            sleeps_at: left
                .filter(|_| doing != Some(Activity::Working) && !is_kept)
                .map(|left| to_text(OffsetDateTime::now_utc() + left)),
        };
        watched.usage = Some(usage.clone());
        Some((owner, usage, left.is_some_and(|left| left.is_zero())))
    }

    fn running(&self) -> MutexGuard<'_, HashMap<SessionId, Watched>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks at the running sessions until the server ends.
pub(super) async fn run(context: Arc<Context>) {
    let mut ticks = tokio::time::interval(context.rules.pace.sample);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut idle_times, mut skipped, mut told) = (IdleTimes::default(), 0, Vec::new());
    loop {
        tokio::select! {
            () = context.shutdown.begun() => return,
            _ = ticks.tick() => {}
        }
        let troubles = context.troubles();
        if troubles != told {
            tracing::warn!(?troubles, "which runtimes are let be has changed");
            context.tell("", SessionEvent::Runtime(troubles.clone()));
            told = troubles;
        }
        if !is_watched(&context) && skipped < UNWATCHED {
            skipped += 1;
            continue;
        }
        skipped = 0;
        tokio::select! {
            () = context.shutdown.begun() => return,
            () = look_at_all(&context, &mut idle_times) => {}
        }
    }
}

/// Whether anybody sees what is found.
fn is_watched(context: &Context) -> bool {
    context.events.receiver_count() > 0 || context.pulse.was_asked()
}

async fn look_at_all(context: &Arc<Context>, idle_times: &mut IdleTimes) {
    let subjects = context.pulse.subjects();
    idle_times.refresh(context, &subjects).await;
    let paced = spread(subjects, context.rules.pace.sample);
    // As it is by then: it may have been stopped, or started anew.
    let now = paced.filter_map(|before| future::ready(context.pulse.subject(&before.id)));
    let looks = now.map(|subject| look(context, subject)).buffer_unordered(LOOKS_AT_ONCE);
    let mut looks = std::pin::pin!(looks);
    let mut found: BTreeMap<String, Vec<SessionUsage>> = BTreeMap::new();
    let mut due = Instant::now();
    loop {
        let next = match found.is_empty() {
            true => looks.next().await,
            false if Instant::now() < due => match tokio::time::timeout_at(due, looks.next()).await {
                Ok(next) => next,
                Err(_) => continue,
            },
            false => {
                tell(context, std::mem::take(&mut found));
                continue;
            }
        };
        let Some((owner, look)) = next else { break };
        let idle = idle_times.known.get(&owner).copied().flatten();
        let Some((owner, usage, is_over)) = context.pulse.take(context, look, idle) else { continue };
        if is_over {
            tracing::info!(session = %usage.id, "putting an idle session to sleep");
            if context.registry.send(context, &usage.id, Command::Sleep).is_err() {
                tracing::warn!(session = %usage.id, "an idle session is busy; it is looked at again");
            }
        }
        if found.is_empty() {
            due = Instant::now() + TELLING;
        }
        found.entry(owner).or_default().push(usage);
    }
    tell(context, found);
}

/// Hands `all` out a few at a time, over most of the time between two `looks`.
fn spread<T>(all: Vec<T>, looks: Duration) -> impl Stream<Item = T> {
    let moments = all.len().div_ceil(LOOKS_TOGETHER).max(1);
    let gap = looks.mul_f64(SPREAD) / u32::try_from(moments).unwrap_or(u32::MAX);
    stream::unfold((all.into_iter(), 0), move |(mut left, number)| async move {
        let next = left.next()?;
        if number > 0 && number % LOOKS_TOGETHER == 0 {
            tokio::time::sleep(gap).await;
        }
        Some((next, (left, number + 1)))
    })
}

fn tell(context: &Context, found: BTreeMap<String, Vec<SessionUsage>>) {
    for (owner, usages) in found {
        context.tell(&owner, SessionEvent::Usage(usages));
    }
}

async fn look(context: &Context, subject: Subject) -> (String, Look) {
    let mut look = Look { id: subject.id, at: Instant::now(), usage: None, activity: None };
    let Some(container) = subject.container else { return (subject.owner, look) };
    let guest = GuestClient::new(Arc::clone(&context.runtime), container.clone(), subject.token);
    let usage = tokio::time::timeout(LOOK_LIMIT, context.runtime.usage(&container)).await;
    // Last, so that what it says of typing is as new as the look.
    let activity = tokio::time::timeout(LOOK_LIMIT, guest.activity()).await;
    look.at = Instant::now();
    // A session that ends while it is looked at is no failure, and one that hangs is told by whoever needs it.
    match usage {
        Ok(Ok(usage)) => look.usage = Some(usage),
        Ok(Err(error)) => tracing::debug!(session = %look.id, %error, "what a session uses could not be told"),
        Err(_) => tracing::warn!(session = %look.id, limit = ?LOOK_LIMIT, "what a session uses was not told in time"),
    }
    match activity {
        Ok(Ok(activity)) => look.activity = Some(activity),
        Ok(Err(error)) => tracing::debug!(session = %look.id, %error, "what a session does could not be told"),
        Err(_) => tracing::warn!(session = %look.id, limit = ?LOOK_LIMIT, "what a session does was not told in time"),
    }
    (subject.owner, look)
}

/// Thousandths of a CPU.
fn rate(cpu_micros: u64, passed: Duration) -> u32 {
    let passed = passed.as_micros().max(1);
    u32::try_from(u128::from(cpu_micros) * 1000 / passed).unwrap_or(u32::MAX)
}

impl IdleTimes {
    /// Reads the idle times of those who have `rows`, if it is time again.
    async fn refresh(&mut self, context: &Context, subjects: &[Subject]) {
        self.age += 1;
        if self.age > PREFERENCE_LOOKS {
            (self.age, self.known) = (0, HashMap::new());
        }
        let preferences = PreferencesService::new(context.database.clone());
        for row in subjects {
            if self.known.contains_key(&row.owner) {
                continue;
            }
            match preferences.of(&row.owner).await {
                Ok(of) => {
                    let idle = (of.idle_minutes > 0).then(|| context.rules.pace.minute * u32::from(of.idle_minutes));
                    self.known.insert(row.owner.clone(), idle);
                }
                // Nobody is put to sleep on a guess.
                Err(error) => tracing::warn!(owner = %row.owner, %error, "how long sessions may be idle is not known"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn looks_are_spread_over_most_of_the_time_between_rounds() {
        let (began, looks) = (Instant::now(), Duration::from_secs(5));
        let ticks = |count| spread((0..count).collect(), looks).map(|number: u32| (number, began.elapsed())).collect();
        let all: Vec<_> = ticks(200).await;
        assert!(all.iter().map(|(number, _)| *number).eq(0..200));
        assert!(all.windows(LOOKS_TOGETHER + 1).all(|few| few[LOOKS_TOGETHER].1 > few[0].1), "no more begin together");
        assert!(all.last().is_some_and(|(_, at)| *at > looks / 2 && *at < looks.mul_f64(SPREAD)));

        let began = Instant::now();
        let few: Vec<u32> = spread((0..4).collect(), looks).collect().await;
        assert_eq!((few.len(), began.elapsed()), (4, Duration::ZERO), "a few wait for nothing");
    }

    #[test]
    fn a_rate_is_what_was_used_of_the_time_that_passed() {
        assert_eq!(rate(2_500_000, Duration::from_secs(5)), 500);
        assert_eq!(rate(0, Duration::ZERO), 0);
        assert_eq!(rate(u64::MAX, Duration::from_micros(1)), u32::MAX);
    }
}
