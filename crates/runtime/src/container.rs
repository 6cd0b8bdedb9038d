//! A container as the rest of Berth sees it.

use std::collections::BTreeMap;

use protocol::{ContainerId, GuestToken, SessionId};
use serde::{Deserialize, Serialize};

/// What a container is made from.
#[derive(Debug, Clone)]
pub struct ContainerSpec {
    /// The session it is for. One container a session.
    pub session: SessionId,
    /// What its guest will demand with each request.
    pub token: GuestToken,
    /// What it may use.
    pub limits: Limits,
    /// Environment of its programs.
    pub env: BTreeMap<String, String>,
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
