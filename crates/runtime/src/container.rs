//! A container as the rest of Berth sees it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use protocol::{ContainerId, GuestToken, SessionId};
use serde::{Deserialize, Serialize};

use crate::RuntimeError;

/// What a container is made from.
#[derive(Debug, Clone)]
pub struct ContainerSpec {
    /// The session it is for. One container a session.
    pub session: SessionId,
    /// What its guest will demand with each request.
    pub token: GuestToken,
    /// The name of the driver that is to run it, where there are several; the default one, if none. Looked at when
    /// the container is made, and not by drivers.
    pub runtime: Option<String>,
    /// What it may use.
    pub limits: Limits,
    /// Environment of its programs.
    pub env: BTreeMap<String, String>,
    /// The host's files that are its home directory. Without, home is among the container's own
    /// files and goes with them. Fixed when the container is made.
    pub home: Option<Home>,
}

/// A person's files on the host, as `/home/user` of a container. They outlive the container, and
/// several containers may have the same at once.
///
/// On the host the files belong to uid and gid [`Self::OWNER`] where the driver runs as root, and to
/// whoever runs it where not; inside they belong to the programs' user in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The directory of the host's that is `/home/user`, an absolute path. It has to be there
    /// whenever the container is made or started.
    pub tree: PathBuf,
    /// The directory of the host's that is `/home/user/workspace`; the tree's own, if none.
    pub workspace: Option<PathBuf>,
    /// Directories, relative to home, in which the container has files of its own instead, such as
    /// `.cache`. They go with the container.
    pub private: Vec<String>,
}

impl Home {
    /// The workspace's directory, if the container has one to itself.
    #[must_use]
    pub fn own_workspace(&self) -> Option<PathBuf> {
        self.workspace.clone().filter(|workspace| !workspace.starts_with(&self.tree))
    }

    /// Who the files belong to on a host where the driver is root: uid and gid.
    pub const OWNER: u32 = 1000;
}

/// What a container may use. A driver says in its health which of these it enforces.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Thousandths of a CPU; 1000 is one whole.
    pub cpu_millis: u32,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub pids: u32,
    /// Bytes of its own writable files.
    pub disk_bytes: u64,
}

/// One container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Its full id.
    pub id: ContainerId,
    /// The session that its label or state names.
    pub session: SessionId,
    /// Whether it runs.
    pub state: ContainerState,
}

/// What there is, as far as it could be found out; see [`crate::Runtime::survey`].
#[derive(Debug)]
pub struct Survey {
    /// The containers of the drivers that answered.
    pub containers: Vec<Container>,
    /// The others. Nothing can be concluded from a container of theirs not being listed.
    pub away: Vec<Away>,
}

/// A driver that could not say what it has.
#[derive(Debug)]
pub struct Away {
    /// The driver's name.
    pub runtime: &'static str,
    pub error: RuntimeError,
}

/// Whether a container runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerState {
    /// Made, never started.
    Created,
    /// Its init runs.
    Running,
    /// It ran, and ended so.
    Exited(Exit),
}

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// Init returned this code. 0 after an orderly stop.
    Code(i32),
    /// A signal that was not ours killed init.
    Signal(i32),
    /// The kernel killed init for want of memory.
    OutOfMemory,
    /// It was gone when we looked, and nothing tells why: the host restarted, most likely.
    Unknown,
}

/// What a container uses at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// CPU time of all its processes since it started, microseconds.
    pub cpu_micros: u64,
    /// Bytes of memory charged to it.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub pids: u32,
    /// Times the kernel killed one of its processes for want of memory.
    pub out_of_memory_kills: u64,
}
