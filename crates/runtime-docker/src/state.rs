//! What the engine says of a container, in our words.

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum as Status};
use protocol::{ContainerId, SessionId};
use runtime::{Container, ContainerState, Exit};

use crate::record::Directory;
use crate::spec::Labels;

const SIGKILL: i32 = 9;
/// A shell's way of telling a signal, which engines use too.
const SIGNALLED: i64 = 128;
/// Signals there are.
const SIGNALS: i64 = 64;
/// What engines put in place of a code that they don't know, after the host went down under them; the guest and
/// those who kill it never leave it.
const LOST: i64 = 255;

/// One of our containers, as the engine described it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub id: ContainerId,
    pub session: SessionId,
    pub phase: Phase,
    /// When its run began, or its last one, as the engine writes it.
    pub started_at: String,
    /// Init's number on the engine's host, while it runs.
    pub pid: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    Created,
    Running,
    Paused,
    Ended { code: i64, out_of_memory: bool },
}

impl Seen {
    /// None when it isn't ours.
    pub(crate) fn of(response: &ContainerInspectResponse, labels: &Labels) -> Option<Self> {
        let session = labels.session(response.config.as_ref()?.labels.as_ref()?)?;
        let state = response.state.as_ref()?;
        let ended =
            || Phase::Ended { code: state.exit_code.unwrap_or(LOST), out_of_memory: state.oom_killed == Some(true) };
        let phase = match state.status {
            Some(Status::CREATED) => Phase::Created,
            Some(Status::PAUSED) => Phase::Paused,
            Some(Status::RUNNING | Status::RESTARTING) => Phase::Running,
            // Podman's own words, such as `initialized` and `stopping`, are none of Docker's.
            None | Some(Status::EMPTY) if state.running == Some(true) => Phase::Running,
            _ => ended(),
        };
        Some(Self {
            id: response.id.as_deref()?.parse().ok()?,
            session,
            phase,
            started_at: state.started_at.clone().unwrap_or_default(),
            pid: state.pid.filter(|pid| *pid > 0),
        })
    }

    pub(crate) fn runs(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Paused)
    }

    /// How it ended, if it did.
    pub(crate) fn exit(&self, directory: &Directory) -> Option<Exit> {
        let (code, out_of_memory) = match self.phase {
            Phase::Ended { code, out_of_memory } => (code, out_of_memory),
            // After the host was started anew, Podman takes what ran before for never run.
            Phase::Created if directory.was_started() => (LOST, false),
            Phase::Created | Phase::Running | Phase::Paused => return None,
        };
        // Killed by us, or ended after our SIGTERM.
        if directory.end_was_expected(&self.started_at) {
            return Some(Exit::Code(0));
        }
        Some(match code {
            // Docker also says 0 of what it lost, and of an orderly end the guest leaves word.
            LOST | ..=0 => directory.left_by_guest().map_or(Exit::Unknown, |record| Exit::Code(record.code)),
            code => match of_code(code) {
                Exit::Signal(SIGKILL) if out_of_memory => Exit::OutOfMemory,
                exit => exit,
            },
        })
    }

    pub(crate) fn container(&self, directory: &Directory) -> Container {
        let state = match self.exit(directory) {
            Some(exit) => ContainerState::Exited(exit),
            None if self.runs() => ContainerState::Running,
            None => ContainerState::Created,
        };
        Container { id: self.id.clone(), session: self.session.clone(), state }
    }
}

fn of_code(code: i64) -> Exit {
    let as_signal = code - SIGNALLED;
    if (1..=SIGNALS).contains(&as_signal) {
        return i32::try_from(as_signal).map_or(Exit::Unknown, Exit::Signal);
    }
    i32::try_from(code).map_or(Exit::Unknown, Exit::Code)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn seen(code: i64, out_of_memory: bool) -> Seen {
        Seen {
            id: "a".repeat(64).parse().unwrap(),
            session: "abcdefghij01".parse().unwrap(),
            phase: Phase::Ended { code, out_of_memory },
            started_at: "then".to_owned(),
            pid: None,
        }
    }

    #[test]
    fn an_end_is_told_by_its_code_unless_we_brought_it_about() {
        let root = tempfile::tempdir().unwrap();
        let directory = Directory::of(root.path(), &"abcdefghij01".parse().unwrap());
        std::fs::create_dir_all(directory.run()).unwrap();
        let exit = |code, out_of_memory| seen(code, out_of_memory).exit(&directory).unwrap();
        assert_eq!(exit(0, false), Exit::Unknown);
        assert_eq!(exit(2, true), Exit::Code(2));
        assert_eq!(exit(137, false), Exit::Signal(9));
        assert_eq!(exit(137, true), Exit::OutOfMemory);
        assert_eq!(exit(143, true), Exit::Signal(15));
        assert_eq!(exit(255, false), Exit::Unknown);
        std::fs::write(directory.run().join("exit.json"), r#"{"code":3,"requested":false}"#).unwrap();
        assert_eq!(exit(255, false), Exit::Code(3));
        std::fs::write(directory.run().join("exit.json"), r#"{"code":0,"requested":true}"#).unwrap();
        assert_eq!(exit(0, false), Exit::Code(0));
        directory.expect_end("earlier").unwrap();
        assert_eq!(exit(137, false), Exit::Signal(9));
        directory.expect_end("then").unwrap();
        assert_eq!(exit(137, true), Exit::Code(0));
    }
}
