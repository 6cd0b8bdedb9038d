//! What Berth asks of whatever runs its containers: one trait, its types and its errors.
//!
//! A driver is a crate of its own (`runtime-embedded`, `runtime-docker`) that implements
//! [`Runtime`] and passes [`conformance`]. Nothing here knows a driver.

pub mod breaker;
pub mod calls;
#[cfg(feature = "conformance")]
pub mod conformance;
mod container;
pub mod disk;
mod error;
pub mod fake;
mod health;
mod several;

pub use container::{Away, Container, ContainerSpec, ContainerState, Exit, Home, Limits, Survey, Usage};
pub use error::RuntimeError;
pub use health::{Enforcement, Health};
pub use several::Several;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use protocol::ContainerId;
use tokio::io::{AsyncRead, AsyncWrite};

/// Is told how something goes that may take long, a line for people at a time.
#[derive(Clone)]
pub struct Progress(pub Arc<dyn Fn(&str) + Send + Sync>);

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress(…)")
    }
}

/// A byte stream to a guest.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> ByteStream for T {}

/// Something that runs containers. Every call is idempotent unless it says otherwise, may be
/// repeated after a crash of the caller at any line, and ends within a limit of its own.
#[async_trait]
pub trait Runtime: Send + Sync + 'static {
    /// The driver's name as configuration and people spell it, such as `embedded`.
    fn name(&self) -> &'static str;

    /// Whether it works here, and what it can and can't enforce. Never an error: what is wrong is
    /// in the answer.
    async fn health(&self) -> Health;

    /// Which drivers behind this are let be for a while; see [`breaker`]. A driver itself knows of none.
    fn troubles(&self) -> Vec<breaker::Trouble> {
        Vec::new()
    }

    /// Sees that there is what [`Self::create`] makes a container of this `spec` from, such as an image, and tells how
    /// that goes. The one other call without a limit of its own, but it fails when nothing comes any more. Drop it to
    /// stop waiting; nothing of the session's is there yet. Most drivers need nothing.
    ///
    /// # Errors
    /// [`RuntimeError::Unavailable`], [`RuntimeError::Timeout`], [`RuntimeError::DiskFull`], [`RuntimeError::Start`].
    async fn prepare(&self, _spec: &ContainerSpec, _progress: &Progress) -> Result<(), RuntimeError> {
        Ok(())
    }

    /// Makes a container on disk from `spec`, not running. Answers its full id. When one with this
    /// `spec.session` exists already, answers that one's id and changes nothing.
    ///
    /// # Errors
    /// [`RuntimeError::Unavailable`], [`RuntimeError::DiskFull`] (nothing is left behind).
    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, RuntimeError>;

    /// Starts it; returns when its init runs, which is before its guest answers. Does nothing to
    /// one that runs.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::Unavailable`], [`RuntimeError::DiskFull`],
    /// [`RuntimeError::Start`].
    async fn start(&self, id: &ContainerId) -> Result<(), RuntimeError>;

    /// SIGTERM to its init, after `grace` SIGKILL to all of it; returns once nothing of it runs.
    /// Does nothing to one that is stopped. Its files stay.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::Timeout`].
    async fn stop(&self, id: &ContainerId, grace: Duration) -> Result<(), RuntimeError>;

    /// Kills it if it runs and removes all that there is of it, files too. Does nothing when there
    /// is no such container.
    ///
    /// # Errors
    /// [`RuntimeError::Timeout`], [`RuntimeError::Unavailable`].
    async fn delete(&self, id: &ContainerId) -> Result<(), RuntimeError>;

    /// One container, by its full id.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`].
    async fn inspect(&self, id: &ContainerId) -> Result<Container, RuntimeError>;

    /// All containers of this installation, whoever made them: all or an error, so that what is not listed is not
    /// there.
    ///
    /// # Errors
    /// [`RuntimeError::Unavailable`].
    async fn list(&self) -> Result<Vec<Container>, RuntimeError>;

    /// What there is of [`Self::list`] at the drivers that answer, for who only does something about what is there.
    async fn survey(&self) -> Survey {
        match self.list().await {
            Ok(containers) => Survey { containers, away: Vec::new() },
            Err(error) => Survey { containers: Vec::new(), away: vec![Away { runtime: self.name(), error }] },
        }
    }

    /// The drivers beside the one that [`Self::name`] and [`Self::health`] speak for, which is where containers are
    /// made when nobody says where. Most stand for themselves.
    fn others(&self) -> &[Arc<dyn Runtime>] {
        &[]
    }

    /// The name of the driver that a container is with, be it here or not.
    fn driver_of<'a>(&'a self, _id: &'a ContainerId) -> &'a str {
        self.name()
    }

    /// Returns when it doesn't run any more, at once if it doesn't now, with how it ended last.
    /// Without a limit: drop it to stop waiting.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`].
    async fn wait(&self, id: &ContainerId) -> Result<Exit, RuntimeError>;

    /// A fresh byte stream to its guest.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`]; [`RuntimeError::NotRunning`] when the guest doesn't listen (yet).
    async fn connect(&self, id: &ContainerId) -> Result<Box<dyn ByteStream>, RuntimeError>;

    /// What it uses now. Never wakes anything.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::NotRunning`].
    async fn usage(&self, id: &ContainerId) -> Result<Usage, RuntimeError>;

    /// Bytes on disk of its own files and of its workspace, where that isn't part of the home. Looks at each file, so
    /// that it is for minutes and not for seconds. Never wakes anything.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`]; [`RuntimeError::Io`] where the files can't be read.
    async fn disk_use(&self, id: &ContainerId) -> Result<u64, RuntimeError>;
}

/// Runs a driver's operation to its end, listened to or not.
///
/// # Errors
/// The operation's own; [`RuntimeError::Unavailable`] when it panicked.
pub async fn to_the_end<T: Send + 'static>(
    operation: impl Future<Output = Result<T, RuntimeError>> + Send + 'static,
) -> Result<T, RuntimeError> {
    tokio::spawn(operation)
        .await
        .unwrap_or_else(|error| Err(RuntimeError::Unavailable { detail: format!("an operation broke off: {error}") }))
}
