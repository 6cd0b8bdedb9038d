//! The whole server as administrators see it: everybody's sessions, what the runtime has, and what was mended.

use garde::Validate;
use protocol::{ContainerId, SessionId};
use serde::{Deserialize, Serialize};

use super::session::SessionState;

/// Anybody's session. Times are RFC 3339, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AnySession {
    #[cfg_attr(feature = "ssr", schema(value_type = String, pattern = "^[a-z0-9]{12}$"))]
    pub id: SessionId,
    pub name: String,
    /// Whose it is: an email, or the id of a person who was removed.
    pub owner: String,
    pub state: SessionState,
    pub created_at: String,
    /// When its state changed last or somebody did something to it.
    pub active_at: String,
    /// Its container's full id, once it has one.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>))]
    pub container: Option<ContainerId>,
    /// The driver of its container, such as `embedded`.
    pub runtime: String,
    /// The machine that its container is on.
    pub node: String,
    /// What it uses now; absent when it doesn't run, or when the runtime can't tell.
    pub usage: Option<Usage>,
}

/// What a container uses at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Usage {
    /// CPU time since its container was started, microseconds.
    pub cpu_micros: u64,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub pids: u32,
}

/// What the runtime has beside what the database knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Containers {
    /// Every container, by id.
    pub containers: Vec<AnyContainer>,
    /// Sessions whose container is gone.
    pub sessions_without_container: Vec<AnySession>,
    /// The database knows no session at all: with containers there, it is the wrong one, most likely.
    pub knows_no_session: bool,
}

/// A container that the runtime has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AnyContainer {
    /// Its full id.
    #[cfg_attr(feature = "ssr", schema(value_type = String))]
    pub id: ContainerId,
    /// The session that it was made for, which may be no more.
    #[cfg_attr(feature = "ssr", schema(value_type = String, pattern = "^[a-z0-9]{12}$"))]
    pub session: SessionId,
    /// The session's name, if there is that session.
    pub name: Option<String>,
    /// Whose session it is, if there is that session.
    pub owner: Option<String>,
    pub state: ContainerStatus,
    pub standing: Standing,
}

/// Whether a container runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContainerStatus {
    /// Made, never started.
    Created,
    Running,
    Exited,
}

impl ContainerStatus {
    /// As it is shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Exited => "exited",
        }
    }
}

/// What a container is to its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The container of its session.
    OfSession,
    /// One too many: its session has another.
    Surplus,
    /// The container of its session, and runs, which the session does not.
    ShouldNotRun,
    /// There is no such session.
    WithoutSession,
}

/// The container runtimes on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RuntimeReport {
    /// The name of the driver that runs new sessions, such as `embedded`.
    pub name: String,
    /// The machine that it runs containers on.
    pub node: String,
    /// Whether containers can be started at all.
    pub available: bool,
    /// Why not, or a line that describes the engine.
    pub summary: String,
    /// What each container may use.
    pub limits: ContainerLimits,
    /// Each limit or protection, and whether it holds on this machine.
    pub enforcement: Vec<Enforcement>,
    /// The other drivers that are enabled.
    pub others: Vec<OtherRuntime>,
}

/// A driver beside the one that runs new sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct OtherRuntime {
    /// The driver's name, such as `docker`.
    pub name: String,
    /// Whether containers can be started at all.
    pub available: bool,
    /// Why not, or a line that describes the engine.
    pub summary: String,
    /// Each limit or protection, and whether it holds on this machine.
    pub enforcement: Vec<Enforcement>,
}

/// What a container may use, as far as it is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ContainerLimits {
    /// Thousandths of a CPU.
    pub cpu_millis: u32,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub pids: u32,
    /// Bytes of its own files.
    pub disk_bytes: u64,
}

/// One limit or protection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Enforcement {
    /// `cpu`, `memory`, `pids`, `disk`, `network`, `seccomp`, …
    pub name: String,
    pub enforced: bool,
    /// How, or why not.
    pub detail: String,
}

/// Stops or destroys what has exactly this id.
#[derive(Debug, Clone, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DestroyById {
    /// The full id of a session, or of a container that belongs to none. A part of one is no id.
    #[garde(skip)]
    pub id: String,
    #[garde(skip)]
    pub action: DestroyAction,
}

/// What to do to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DestroyAction {
    /// End its programs; its files stay.
    Stop,
    /// Remove it with all its files.
    Destroy,
}

/// What was stopped or destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Destroyed {
    pub id: String,
    pub kind: DestroyedKind,
    pub outcome: DestroyOutcome,
}

/// What the id was of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DestroyedKind {
    Session,
    Container,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DestroyOutcome {
    /// It will be stopped in a moment.
    Stopping,
    /// It does not run.
    Stopped,
    /// Nothing of it is left.
    Destroyed,
}

/// Brings sessions and containers together again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Reconcile {
    /// Change nothing, and say what would be done.
    #[garde(skip)]
    pub dry_run: bool,
    /// Remove containers also when the database knows no session at all, which means a wrong database most likely.
    #[garde(skip)]
    pub force: bool,
}

/// What was brought together, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Reconciled {
    pub dry_run: bool,
    pub mended: Vec<Mended>,
}

/// One thing that was mended, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Mended {
    pub what: Mend,
    #[cfg_attr(feature = "ssr", schema(value_type = String, pattern = "^[a-z0-9]{12}$"))]
    pub session: SessionId,
    /// The session's name, if there is that session.
    pub name: Option<String>,
    /// The container's full id.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>))]
    pub container: Option<ContainerId>,
    /// Why it could not be done.
    pub failed: Option<String>,
}

/// A way of mending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mend {
    /// A container without a session, or one too many of a session's, was removed with its files.
    ContainerRemoved,
    /// A container ran whose session does not.
    ContainerStopped,
    /// A session whose container is gone was marked as failed.
    SessionFailed,
}

impl Mended {
    /// What was done, or would be if it `is_dry_run`, as one line.
    #[must_use]
    pub fn line(&self, is_dry_run: bool) -> String {
        let container = self.container.as_ref().map_or("its container", ContainerId::as_str);
        let session = match &self.name {
            Some(name) => format!("session {} “{name}”", self.session),
            None => format!("session {}", self.session),
        };
        let said = |done: &str, todo: &str| if is_dry_run { format!("would {todo}") } else { done.to_owned() };
        let (done, rest) = match (self.what, &self.name) {
            (Mend::ContainerRemoved, None) => {
                (said("removed", "remove"), format!("container {container}: there is no {session}"))
            }
            (Mend::ContainerRemoved, Some(_)) => {
                (said("removed", "remove"), format!("container {container}: {session} has another"))
            }
            (Mend::ContainerStopped, _) => {
                (said("stopped", "stop"), format!("container {container}: {session} does not run"))
            }
            (Mend::SessionFailed, _) => {
                (said("marked", "mark"), format!("{session} as failed: container {container} is gone"))
            }
        };
        match &self.failed {
            Some(why) => format!("not {done} {rest}; {why}"),
            None => format!("{done} {rest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_that_is_mended_is_said_in_one_line() {
        let mended = |what, name: Option<&str>, failed: Option<&str>| Mended {
            what,
            session: "abcdefghij01".parse().expect("an id"),
            name: name.map(Into::into),
            container: Some("berth-abcdefghij01".parse().expect("an id")),
            failed: failed.map(Into::into),
        };
        for (mended, is_dry_run, line) in [
            (
                mended(Mend::ContainerRemoved, None, None),
                false,
                "removed container berth-abcdefghij01: there is no session abcdefghij01",
            ),
            (
                mended(Mend::ContainerRemoved, Some("Mine"), None),
                true,
                "would remove container berth-abcdefghij01: session abcdefghij01 “Mine” has another",
            ),
            (
                mended(Mend::ContainerStopped, Some("Mine"), Some("It hung.")),
                false,
                "not stopped container berth-abcdefghij01: session abcdefghij01 “Mine” does not run; It hung.",
            ),
            (
                mended(Mend::SessionFailed, Some("Mine"), None),
                true,
                "would mark session abcdefghij01 “Mine” as failed: container berth-abcdefghij01 is gone",
            ),
        ] {
            assert_eq!(mended.line(is_dry_run), line);
        }
    }
}
