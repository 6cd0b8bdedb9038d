//! What every owner shares: the way to the database, the driver, and the watching pages.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::backend::Actor;
use app::backend::sessions::SessionEvent;
use app::model::preferences::WorkspaceSharing;
use app::model::session::{Session, SessionState};
use app::model::usage::RuntimeTrouble;
use protocol::SessionId;
use runtime::Runtime;
use runtime::breaker::Trouble;
use time::OffsetDateTime;
use tokio::sync::broadcast;

use crate::accounts::{Audit, to_text};
use crate::database::{Database, DatabaseError, StoredSession};
use crate::metrics::Metrics;
use crate::preferences::PreferencesService;
use crate::sessions::pulse::Pulse;
use crate::sessions::registry::Registry;
use crate::sessions::rules::Rules;
use crate::shutdown::Shutdown;
use crate::storage::Layout;

/// Between tries to write a transition that nobody waits for. Long enough not to add to a
/// database's trouble.
const WRITE_RETRY: Duration = Duration::from_secs(1);

/// Tries to read a row before its owner gives up. Each takes seconds itself when the database is locked.
const READ_TRIES: usize = 5;

/// How many changes a watching page may lag behind before it must read the list again.
pub(super) const EVENT_BACKLOG: usize = 256;

pub(super) struct Context {
    pub database: Database,
    pub runtime: Arc<dyn Runtime>,
    pub rules: Rules,
    /// Where people's files are, of which each container has some.
    pub files: Layout,
    pub registry: Registry,
    /// Programs of agents that were found in each person's last session of each runtime: their home is among the
    /// places that are looked in.
    pub found: Mutex<HashMap<(String, String), Vec<String>>>,
    /// What starts under way are at, for those that say so.
    pub doing: Arc<Mutex<HashMap<SessionId, String>>>,
    /// What running sessions use and do.
    pub pulse: Pulse,
    /// What is counted of them.
    pub metrics: Metrics,
    /// Each event with the owner whom it concerns; with none, it concerns everybody.
    pub events: broadcast::Sender<(String, SessionEvent)>,
    /// Who asked for what.
    pub audit: Audit,
    /// Held while rows and containers are brought together, so that nothing is told twice.
    pub mending: tokio::sync::Mutex<()>,
    pub shutdown: Shutdown,
}

impl Context {
    /// Reads the row; again a few times when the database is only busy.
    pub async fn read_surely(&self, id: &SessionId) -> Result<Option<StoredSession>, DatabaseError> {
        for _ in 1..READ_TRIES {
            match self.database.session(id).await {
                Err(error) if error.is_transient() => {
                    tracing::warn!(session = %id, %error, "a session could not be read; trying again")
                }
                outcome => return outcome,
            }
            if !self.pause().await {
                break;
            }
        }
        self.database.session(id).await
    }

    /// What new sessions of `owner`'s have in common. When that can't be read, nothing: it can be changed later.
    pub async fn sharing(&self, owner: &str) -> WorkspaceSharing {
        match PreferencesService::new(self.database.clone()).of(owner).await {
            Ok(preferences) => preferences.workspace_sharing,
            Err(error) => {
                tracing::warn!(owner, %error, "preferences could not be read; the session gets a workspace of its own");
                WorkspaceSharing::None
            }
        }
    }

    /// Writes the row, then tells the pages.
    pub async fn write(&self, row: &StoredSession) -> Result<(), DatabaseError> {
        self.database.update_session(row).await?;
        self.announce(row);
        Ok(())
    }

    /// Tells the pages what a row says.
    pub fn announce(&self, row: &StoredSession) {
        self.pulse.note(row);
        self.tell(&row.owner, SessionEvent::Changed(Box::new(self.model(row))));
    }

    /// Puts into the audit log what `by` did to a session.
    pub async fn note(&self, by: &Actor, action: &str, row: &StoredSession) {
        self.audit.record(by, action, &format!("{} {}", row.id, row.name)).await;
    }

    /// Waits before another try. False when the server ends first.
    async fn pause(&self) -> bool {
        tokio::select! {
            () = self.shutdown.begun() => false,
            () = tokio::time::sleep(WRITE_RETRY) => true,
        }
    }

    /// [`Self::write`] for a transition that must happen: tried until it works or the server ends.
    /// Answers whether it worked.
    pub async fn write_surely(&self, row: &StoredSession) -> bool {
        loop {
            match self.write(row).await {
                Ok(()) => return true,
                Err(DatabaseError::NotFound(_)) => {
                    tracing::error!(session = %row.id, "a session's row is gone; its state can't be written");
                    return false;
                }
                Err(error) => {
                    tracing::error!(session = %row.id, %error, "a session's state could not be written; trying again")
                }
            }
            if !self.pause().await {
                return false;
            }
        }
    }

    /// Removes the row, then tells the pages; tried until it works or the server ends.
    pub async fn remove_surely(&self, owner: &str, id: &SessionId) -> bool {
        loop {
            match self.database.delete_session(id).await {
                Ok(()) => {
                    self.pulse.forget(id);
                    self.tell(owner, SessionEvent::Deleted(id.clone()));
                    return true;
                }
                Err(error) => {
                    tracing::error!(session = %id, %error, "a deleted session's row could not be removed; trying again")
                }
            }
            if !self.pause().await {
                return false;
            }
        }
    }

    /// The row as the page and the API see it.
    pub fn model(&self, row: &StoredSession) -> Session {
        let details = &row.details;
        let resumes = self.rules.agent(&details.agent).is_some_and(|agent| agent.resume.is_some());
        Session {
            id: row.id.clone(),
            name: row.name.clone(),
            agent: details.agent.clone(),
            tier: details.tier.clone(),
            runtime: details.runtime.clone(),
            keep: details.keep,
            state: row.state.clone(),
            stopped_by: details.stopped_by.filter(|_| row.state == SessionState::Stopped),
            can_resume: resumes && details.has_run,
            created_at: to_text(row.created_at),
            active_at: to_text(row.active_at),
            start: row.start.clone(),
            doing: self.doing.lock().unwrap_or_else(PoisonError::into_inner).get(&row.id).cloned(),
            ready_ms: row.ready_ms,
        }
    }

    /// A place for what the start of `id` is at; what it holds is forgotten with it.
    pub fn doing(&self, id: &SessionId) -> Doing {
        Doing { id: id.clone(), all: Arc::clone(&self.doing) }
    }

    /// Notes which agents' programs a container of `owner`'s in `runtime` has.
    pub fn agents_found(&self, owner: &str, runtime: &str, found: &[String]) {
        let place = (owner.to_owned(), runtime.to_owned());
        self.found.lock().unwrap_or_else(PoisonError::into_inner).insert(place, found.to_vec());
    }

    /// In which runtimes agents' programs were looked for on behalf of `owner`, and which were found.
    pub fn programs_found(&self, owner: &str) -> Vec<(String, Vec<String>)> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let own = found.iter().filter(|((whose, _), _)| whose == owner);
        own.map(|((_, runtime), found)| (runtime.clone(), found.clone())).collect()
    }

    /// The names of the runtimes, the default first.
    pub fn runtimes(&self) -> Vec<String> {
        let others = self.runtime.others().iter().map(|other| other.name());
        std::iter::once(self.runtime.name()).chain(others).map(str::to_owned).collect()
    }

    /// Which runtimes are let be, as the page sees it.
    pub fn troubles(&self) -> Vec<RuntimeTrouble> {
        let told = |trouble: Trouble| RuntimeTrouble {
            runtime: trouble.runtime.to_owned(),
            detail: trouble.detail,
            since: to_text(trouble.since.into()),
            retry_at: to_text(trouble.retry_at.into()),
        };
        self.runtime.troubles().into_iter().map(told).collect()
    }

    pub fn tell(&self, owner: &str, event: SessionEvent) {
        // Nobody watching is no failure.
        let _ = self.events.send((owner.to_owned(), event));
    }
}

/// See [`Context::doing`].
pub(super) struct Doing {
    id: SessionId,
    all: Arc<Mutex<HashMap<SessionId, String>>>,
}

impl Doing {
    pub fn set(&self, line: &str) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).insert(self.id.clone(), line.to_owned());
    }
}

impl Drop for Doing {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// Now, in the milliseconds that both databases keep.
pub(super) fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_millisecond(now.millisecond()).unwrap_or(now)
}
