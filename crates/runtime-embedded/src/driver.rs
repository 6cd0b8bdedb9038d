//! The driver: which containers there are, and what is done to them when the server asks.
//!
//! Operations on one container follow each other; those on different ones don't wait. An operation
//! goes on to its end even if whoever asked stops listening, so that none is ever half done but by a
//! crash, and what a crash leaves is put right by [`Embedded::open`].

mod adopt;
mod create;
mod remove;
mod start;
mod stop;

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use protocol::ContainerId;
use runtime::{ByteStream, ContainerSpec, Exit, Health, Home, Runtime, RuntimeError, Usage, disk, to_the_end};

use crate::cgroup::Hierarchies;
use crate::child::{Helper, failed};
use crate::connect::connect;
use crate::container::Container;
use crate::identity::Identity;
use crate::record::{PRIVATE, ROOT, RUN, USR};

/// Where the driver keeps its things and finds its programs.
#[derive(Debug, Clone)]
pub struct Config {
    /// The server's data directory; `<data_dir>/runtime` is the driver's.
    pub data_dir: PathBuf,
    /// The guest's binary on the host: static, and for this machine.
    pub guest_binary: PathBuf,
    /// An executable that calls [`crate::helper_main`].
    pub helper: PathBuf,
    /// What it needs to be called with for that, such as a subcommand's name.
    pub helper_args: Vec<OsString>,
}

/// Containers on this host. Dropping it leaves them running.
pub struct Embedded {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    /// `<data_dir>/runtime`.
    root: PathBuf,
    guest_binary: PathBuf,
    helper: Helper,
    hierarchies: Hierarchies,
    /// How we map ids, when it is the same for all: we are not root.
    shared_identity: Option<Identity>,
    /// `/usr` gets a layer of its own.
    writable_usr: bool,
    /// `pasta`, if there is one.
    pasta: Option<PathBuf>,
    health: Health,
    containers: Mutex<HashMap<ContainerId, Arc<Container>>>,
    /// Held while a container is made, so that no two take one range of ids or are for one session.
    making: tokio::sync::Mutex<()>,
    /// Held as long as we live: nobody else may use the directory.
    _lock: std::fs::File,
}

impl Inner {
    fn containers(&self) -> std::sync::MutexGuard<'_, HashMap<ContainerId, Arc<Container>>> {
        // Nothing panics while it is held; a map is whole in any case.
        self.containers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, id: &ContainerId) -> Result<Arc<Container>, RuntimeError> {
        self.containers().get(id).cloned().ok_or_else(|| RuntimeError::NotFound(id.clone()))
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        for container in self.inner.containers().values() {
            container.let_go();
        }
    }
}

#[async_trait]
impl Runtime for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    async fn health(&self) -> Health {
        self.inner.health.clone()
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, RuntimeError> {
        to_the_end(create::run(Arc::clone(&self.inner), spec.clone())).await
    }

    async fn start(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        let container = self.inner.find(id)?;
        to_the_end(start::run(Arc::clone(&self.inner), container)).await
    }

    async fn stop(&self, id: &ContainerId, grace: Duration) -> Result<(), RuntimeError> {
        let container = self.inner.find(id)?;
        to_the_end(stop::run(container, grace)).await
    }

    async fn delete(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        match self.inner.find(id) {
            Ok(container) => to_the_end(remove::run(Arc::clone(&self.inner), container)).await,
            Err(RuntimeError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn inspect(&self, id: &ContainerId) -> Result<runtime::Container, RuntimeError> {
        self.inner.find(id).map(|container| describe(&container))
    }

    async fn list(&self) -> Result<Vec<runtime::Container>, RuntimeError> {
        let mut list: Vec<_> = self.inner.containers().values().map(|container| describe(container)).collect();
        list.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(list)
    }

    async fn wait(&self, id: &ContainerId) -> Result<Exit, RuntimeError> {
        Ok(self.inner.find(id)?.ended().await)
    }

    async fn connect(&self, id: &ContainerId) -> Result<Box<dyn ByteStream>, RuntimeError> {
        let container = self.inner.find(id)?;
        if container.run().is_none() {
            return Err(RuntimeError::NotRunning(id.clone()));
        }
        match connect(&container.directory.join(RUN)).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => {
                tracing::debug!(container = %id, %error, "the guest doesn't listen");
                Err(RuntimeError::NotRunning(id.clone()))
            }
        }
    }

    async fn usage(&self, id: &ContainerId) -> Result<Usage, RuntimeError> {
        let container = self.inner.find(id)?;
        if container.run().is_none() {
            return Err(RuntimeError::NotRunning(id.clone()));
        }
        match container.group.usage() {
            Ok(usage) => Ok(usage),
            // It ended meanwhile, and its cgroups with it.
            Err(_) if container.run().is_none() => Err(RuntimeError::NotRunning(id.clone())),
            Err(error) => Err(failed("read what a container uses", error)),
        }
    }

    async fn disk_use(&self, id: &ContainerId) -> Result<u64, RuntimeError> {
        let container = self.inner.find(id)?;
        let mut directories: Vec<PathBuf> = [ROOT, USR, PRIVATE].map(|name| container.directory.join(name)).into();
        directories.extend(container.record.home.as_ref().and_then(Home::own_workspace));
        disk::count(&directories).await.map_err(|error| failed("read a container's files", error))
    }
}

fn describe(container: &Container) -> runtime::Container {
    runtime::Container {
        id: container.record.id.clone(),
        session: container.record.session.clone(),
        state: container.public_state(),
    }
}
