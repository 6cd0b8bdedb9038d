//! What the driver asks of its short-lived child, and what it answers: JSON on the child's
//! standard input and output. Nothing here acts.

use std::path::PathBuf;

use protocol::guest;
use runtime::Home;
use serde::{Deserialize, Serialize};

use crate::identity::Identity;
use crate::record::Process;

/// One request a child.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Build the container's files below a directory that exists and is empty.
    Prepare(Prepare),
    /// Start the container.
    Start(Box<Start>),
    /// Start the container's way out.
    Network(Network),
    /// Remove a directory whose files belong to the container's ids.
    Remove(Remove),
    /// Find out what works here.
    Probe(Probe),
}

/// See [`Request::Prepare`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Prepare {
    /// The container's directory on the host.
    pub directory: PathBuf,
    pub identity: Identity,
    /// Name of the machine as programs inside see it.
    pub hostname: String,
    /// The person's files that are its home, if it has not its own.
    pub home: Option<Home>,
}

/// See [`Request::Start`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Start {
    /// The container's full id.
    pub id: String,
    /// The container's directory on the host.
    pub directory: PathBuf,
    pub identity: Identity,
    pub hostname: String,
    /// The person's files that are its home, if it has not its own.
    pub home: Option<Home>,
    /// The guest's binary on the host.
    pub guest_binary: PathBuf,
    /// What the guest finds in its private directory.
    pub guest: guest::Config,
    /// Directories of the version 1 cgroups to join, each with a `cgroup.procs`.
    pub cgroups: Vec<PathBuf>,
    /// A cgroup v2 mount point, and below it this container's group, which init is put into.
    pub unified: Option<(PathBuf, PathBuf)>,
    /// Whether the mount point above has controllers worth showing to the container.
    pub show_cgroup: bool,
    /// Whether `/usr` gets a writable layer of its own.
    pub writable_usr: bool,
    /// Whether the network is made ready for `pasta`.
    pub way_out: bool,
    /// Bytes each of the container's memory-backed file systems may hold.
    pub memory_file_system_bytes: u64,
}

/// See [`Request::Network`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Network {
    /// The container's init.
    pub init: Process,
    pub identity: Identity,
    /// The `pasta` binary.
    pub pasta: PathBuf,
    /// The file for its complaints.
    pub log: PathBuf,
}

/// See [`Request::Remove`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Remove {
    pub path: PathBuf,
    pub identity: Identity,
}

/// See [`Request::Probe`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Probe {
    /// A scratch directory on the file system that containers are kept on.
    pub directory: PathBuf,
    pub identity: Identity,
}

/// The answer to each.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// Done, nothing to tell.
    Done,
    /// The container's init runs.
    Started(Process),
    /// What works here.
    Probed(Probed),
    /// It failed; nothing that needs undoing is left, but for files below the directory.
    Failed(Failure),
}

/// What a probe found. Each is the reason why not, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Probed {
    pub namespaces: Option<String>,
    /// Why a network can't be made ready for `pasta`.
    pub network: Option<String>,
    pub writable_usr: Option<String>,
}

/// A failure in the child.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// What failed, with causes.
    pub detail: String,
    /// Whether the disk was full.
    pub disk_full: bool,
}
