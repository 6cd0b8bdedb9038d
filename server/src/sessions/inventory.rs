//! Rows and containers beside each other: which belong together, and what does not fit.
//!
//! Only looks; what is done about it is up to [`super::reconcile`] at start-up, and to [`super::mend`] and the
//! sessions' owners while the server runs.

use std::collections::HashMap;
use std::time::Duration;

use app::model::operations::Standing;
use app::model::session::SessionState;
use protocol::{ContainerId, SessionId};
use runtime::{Away, Container, ContainerState, Runtime, RuntimeError, Survey};

use crate::database::StoredSession;

/// What a driver may take to say what it has.
const LIST_LIMIT: Duration = Duration::from_secs(10);

/// What does not fit between a session and its containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Misfit {
    /// The session has another container, which its row names.
    Surplus(ContainerId),
    /// It runs, and its session does not.
    Runs(ContainerId),
    /// The container that the row names, or should name, is gone.
    Gone(Option<ContainerId>),
}

/// Rows and containers of one moment.
pub(crate) struct Inventory {
    pub rows: Vec<StoredSession>,
    pub containers: Vec<Container>,
}

impl Inventory {
    /// Every container had its row first, so that none has one means another database: a new one, or an older
    /// copy. Files are not removed on such a word.
    pub fn is_of_another_database(&self) -> bool {
        self.rows.is_empty() && !self.containers.is_empty()
    }

    /// The container's session, and what the container is to it.
    pub fn standing(&self, container: &Container) -> (Option<&StoredSession>, Standing) {
        let Some(row) = self.rows.iter().find(|row| row.id == container.session) else {
            return (None, Standing::WithoutSession);
        };
        let has_another = row.container.as_ref().is_some_and(|named| {
            *named != container.id && self.containers.iter().any(|other| other.id == *named && other.session == row.id)
        });
        let should_not_run = is_at_rest(&row.state) && container.state == ContainerState::Running;
        let standing = match (has_another, should_not_run) {
            (true, _) => Standing::Surplus,
            (false, true) => Standing::ShouldNotRun,
            (false, false) => Standing::OfSession,
        };
        (Some(row), standing)
    }

    /// Containers whose session has no row.
    pub fn strays(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().filter(|container| self.rows.iter().all(|row| row.id != container.session))
    }

    /// Sessions with all that does not fit about them.
    pub(super) fn misfits(&self) -> Vec<(&StoredSession, Vec<Misfit>)> {
        let mut of: HashMap<&SessionId, Vec<&Container>> = HashMap::new();
        for container in &self.containers {
            of.entry(&container.session).or_default().push(container);
        }
        let none = Vec::new();
        let misfits = self.rows.iter().map(|row| (row, misfits(row, of.get(&row.id).unwrap_or(&none))));
        misfits.filter(|(_, misfits)| !misfits.is_empty()).collect()
    }

    /// Sessions whose container is gone.
    pub fn without_container(&self) -> Vec<&StoredSession> {
        let is_gone = |misfits: &[Misfit]| misfits.iter().any(|misfit| matches!(misfit, Misfit::Gone(_)));
        self.misfits().into_iter().filter(|(_, misfits)| is_gone(misfits)).map(|(row, _)| row).collect()
    }
}

/// What does not fit between `row` and `containers`, which are all that there are of its session. Nothing while the
/// session is in the middle of something, which settles it.
pub(super) fn misfits(row: &StoredSession, containers: &[&Container]) -> Vec<Misfit> {
    if !is_at_rest(&row.state) && row.state != SessionState::Running {
        return Vec::new();
    }
    let named = row.container.as_ref().and_then(|id| containers.iter().find(|container| container.id == *id));
    let mut found = Vec::new();
    // One that the row does not name is what the next start takes, as long as the one that it names is not there:
    // a crash came between its making and its record.
    if named.is_some() {
        let others = containers.iter().filter(|container| Some(&container.id) != row.container.as_ref());
        found.extend(others.map(|container| Misfit::Surplus(container.id.clone())));
    } else if row.container.is_some() || row.state == SessionState::Running {
        found.push(Misfit::Gone(row.container.clone()));
    }
    if is_at_rest(&row.state) {
        let its_own = containers.iter().filter(|container| named.is_none_or(|named| named.id == container.id));
        let running = its_own.filter(|container| container.state == ContainerState::Running);
        found.extend(running.map(|container| Misfit::Runs(container.id.clone())));
    }
    found
}

/// Nothing is under way, and no container should run.
pub(super) fn is_at_rest(state: &SessionState) -> bool {
    matches!(state, SessionState::Created | SessionState::Stopped | SessionState::Failed { .. })
}

/// Every container, within a limit.
pub(super) async fn list(runtime: &dyn Runtime) -> Result<Vec<Container>, RuntimeError> {
    let limit = RuntimeError::Timeout { what: "listing the containers", seconds: LIST_LIMIT.as_secs() };
    tokio::time::timeout(LIST_LIMIT, runtime.list()).await.unwrap_or(Err(limit))
}

/// What there is at the drivers that answer, within the same limit.
pub(super) async fn survey(runtime: &dyn Runtime) -> Survey {
    tokio::time::timeout(LIST_LIMIT, runtime.survey()).await.unwrap_or_else(|_| {
        let error = RuntimeError::Timeout { what: "listing the containers", seconds: LIST_LIMIT.as_secs() };
        Survey { containers: Vec::new(), away: vec![Away { runtime: runtime.name(), error }] }
    })
}

#[cfg(test)]
mod tests {
    use app::model::session::{Cause, Stage};
    use protocol::GuestToken;
    use runtime::Exit;
    use time::OffsetDateTime;

    use super::*;

    fn row(state: SessionState, container: Option<&str>) -> StoredSession {
        StoredSession {
            id: "abcdefghij01".parse().expect("an id"),
            owner: "ada".into(),
            name: "Mine".into(),
            state,
            container: container.map(id),
            token: GuestToken::from_random([0; 32]),
            created_at: OffsetDateTime::UNIX_EPOCH,
            active_at: OffsetDateTime::UNIX_EPOCH,
            start: Vec::new(),
            ready_ms: None,
            details: crate::database::SessionDetails::default(),
        }
    }

    fn id(text: &str) -> ContainerId {
        text.parse().expect("an id")
    }

    fn container(name: &str, state: ContainerState) -> Container {
        Container { id: id(name), session: "abcdefghij01".parse().expect("an id"), state }
    }

    #[test]
    fn a_session_in_the_middle_of_something_is_never_a_misfit() {
        let states =
            [SessionState::Starting { stage: Stage::Creating }, SessionState::Stopping, SessionState::Deleting];
        for state in states {
            for named in [None, Some("a"), Some("gone")] {
                let (one, two) = (container("a", ContainerState::Running), container("b", ContainerState::Created));
                assert_eq!(misfits(&row(state.clone(), named), &[&one, &two]), [], "{state:?} {named:?}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_found_and_nothing_else() {
        use Misfit::{Gone, Runs, Surplus};
        let (running, made) = (container("a", ContainerState::Running), container("b", ContainerState::Created));
        let ended = container("a", ContainerState::Exited(Exit::Code(0)));
        let failed = SessionState::Failed { cause: Cause::OutOfMemory };
        for (state, named, containers, expected) in [
            (SessionState::Created, None, vec![], vec![]),
            (SessionState::Created, None, vec![&made], vec![]),
            (SessionState::Stopped, Some("a"), vec![&ended], vec![]),
            (SessionState::Running, Some("a"), vec![&running], vec![]),
            // Its end is told by whoever watches it.
            (SessionState::Running, Some("a"), vec![&ended], vec![]),
            (SessionState::Running, Some("a"), vec![&running, &made], vec![Surplus(id("b"))]),
            (SessionState::Stopped, Some("a"), vec![&ended, &made], vec![Surplus(id("b"))]),
            (SessionState::Stopped, Some("a"), vec![&running], vec![Runs(id("a"))]),
            (SessionState::Stopped, Some("b"), vec![&running, &made], vec![Surplus(id("a"))]),
            (failed.clone(), None, vec![&running], vec![Runs(id("a"))]),
            (failed, Some("gone"), vec![], vec![Gone(Some(id("gone")))]),
            (SessionState::Stopped, Some("gone"), vec![&made], vec![Gone(Some(id("gone")))]),
            (SessionState::Running, Some("gone"), vec![], vec![Gone(Some(id("gone")))]),
            (SessionState::Running, None, vec![], vec![Gone(None)]),
        ] {
            assert_eq!(misfits(&row(state.clone(), named), &containers), expected, "{state:?} {named:?}");
        }
    }
}
