//! What can go wrong between Berth and a driver.

use protocol::ContainerId;
use thiserror::Error;

/// A failure of a [`crate::Runtime`] call. Each names what failed in words that may be shown to
/// the session's owner; `detail` is for the log.
#[derive(Debug, Error)]
pub enum RuntimeError {
    /// There is no container of that id.
    #[error("there is no container {0}")]
    NotFound(ContainerId),
    /// It doesn't run, or its guest doesn't listen.
    #[error("container {0} is not running")]
    NotRunning(ContainerId),
    /// The driver can't do its work on this machine, now.
    #[error("the container runtime is unavailable: {detail}")]
    Unavailable { detail: String },
    /// No room for the container's files.
    #[error("the disk is full")]
    DiskFull,
    /// The container was made but would not start.
    #[error("the container would not start: {detail}")]
    Start { detail: String },
    /// Something took longer than its limit.
    #[error("{what} took longer than {seconds} s")]
    Timeout { what: &'static str, seconds: u64 },
    /// An input or output operation of the driver's failed.
    #[error("{what}: {source}")]
    Io {
        what: String,
        #[source]
        source: std::io::Error,
    },
}
