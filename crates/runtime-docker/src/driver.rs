//! The driver: what is asked of the engine when the server asks something of us.
//!
//! The engine is the one that knows which containers there are and how they are; nothing of that is kept here, so
//! nothing can be out of date, whoever else may be at the engine. Operations on one session follow each other; an
//! operation goes on to its end even if whoever asked stops listening.

mod adopt;
mod connect;
mod create;
mod remove;
mod start;
mod stop;
mod wait;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bollard::models::ContainerInspectResponse;
use bollard::query_parameters::InspectContainerOptions;
use protocol::{ContainerId, SessionId};
use runtime::{
    ByteStream, Container, ContainerSpec, Exit, Health, Progress, Runtime, RuntimeError, Usage, disk, to_the_end,
};

use crate::api::{Api, failed, failed_at, is_gone, mended};
use crate::engine::Engine;
use crate::options::{Network, Options};
use crate::pull::Pulling;
use crate::record::{self, Directory};
use crate::spec::{Labels, is_full_id};
use crate::state::Seen;
use crate::{health, seccomp, usage, wall};

/// The filter's file.
const FILTER: &str = "seccomp.json";

/// For how long a look at the wall counts: from a container's making to its start.
const WALL_FRESH: Duration = Duration::from_secs(1);

/// Containers at one engine. Dropping it leaves them running.
pub struct DockerRuntime {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    options: Options,
    api: Api,
    labels: Labels,
    filter: String,
    /// As it last described itself.
    engine: Mutex<Option<Arc<Engine>>>,
    /// It has turned a limit of disk space down.
    refuses_disk_limit: AtomicBool,
    /// The image's way here, while somebody waits for it.
    pulling: Pulling,
    /// When the wall between containers and the host was seen last.
    walled_at: tokio::sync::Mutex<Option<Instant>>,
    /// Held through each operation on a session, by its id.
    operations: Mutex<HashMap<SessionId, Weak<tokio::sync::Mutex<()>>>>,
}

impl DockerRuntime {
    /// Whether a driver with this directory has containers, at an engine that answers or at one that is away.
    #[must_use]
    pub fn has_containers(directory: &Path) -> bool {
        Directory::all(directory).is_ok_and(|found| !found.is_empty())
    }

    /// Takes charge of what there is of this installation, and clears away what a crash left unfinished. An engine
    /// that doesn't answer is no error but in the health; it may come later.
    ///
    /// # Errors
    /// When the directory can't be used.
    pub async fn connect(options: Options) -> Result<Self, RuntimeError> {
        record::make_closed(&options.directory)
            .map_err(|error| failed_at("make the directory", &options.directory, error))?;
        let filter = seccomp::profile();
        let path = options.directory.join(FILTER);
        std::fs::write(&path, &filter).map_err(|error| failed_at("write", &path, error))?;
        let inner = Arc::new(Inner {
            api: Api::new(&options),
            labels: Labels::new(&options.installation),
            filter,
            engine: Mutex::new(None),
            refuses_disk_limit: AtomicBool::new(false),
            pulling: Pulling::default(),
            walled_at: tokio::sync::Mutex::new(None),
            operations: Mutex::new(HashMap::new()),
            options,
        });
        if let Err(error) = adopt::run(&inner).await {
            tracing::warn!(%error, "the containers' engine can't be used yet");
        }
        Ok(Self { inner })
    }
}

impl Inner {
    /// What the engine is; asked once, and again with each question for our health.
    async fn engine(&self) -> Result<Arc<Engine>, RuntimeError> {
        match self.known() {
            Some(engine) => Ok(engine),
            None => self.ask_engine().await,
        }
    }

    /// Asks it now, and remembers what it says.
    async fn ask_engine(&self) -> Result<Arc<Engine>, RuntimeError> {
        let engine = Arc::new(Engine::ask(&self.api, self.known().as_deref()).await?);
        *self.engine.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&engine));
        Ok(engine)
    }

    fn known(&self) -> Option<Arc<Engine>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the turn of an operation on a session.
    async fn turn(&self, session: &SessionId) -> tokio::sync::OwnedMutexGuard<()> {
        let lock = {
            let mut operations = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
            operations.retain(|_, lock| lock.strong_count() > 0);
            match operations.get(session).and_then(Weak::upgrade) {
                Some(lock) => lock,
                None => {
                    let lock = Arc::new(tokio::sync::Mutex::new(()));
                    operations.insert(session.clone(), Arc::downgrade(&lock));
                    lock
                }
            }
        };
        lock.lock_owned().await
    }

    fn directory(&self, session: &SessionId) -> Directory {
        Directory::of(&self.options.directory, session)
    }

    /// One of our containers, by its full id.
    async fn find(&self, id: &ContainerId) -> Result<Seen, RuntimeError> {
        self.inspect(id).await.map(|(seen, _)| seen)
    }

    /// The same, with all that the engine says of it.
    async fn inspect(&self, id: &ContainerId) -> Result<(Seen, ContainerInspectResponse), RuntimeError> {
        let not_found = || RuntimeError::NotFound(id.clone());
        if !is_full_id(id) {
            return Err(not_found());
        }
        let docker = self.api.docker().await?;
        let inspected = async { mended(docker.inspect_container(id.as_str(), None::<InspectContainerOptions>).await) };
        let response = self.api.call_on(id, "looking at a container", self.api.patience.look, inspected).await?;
        let seen = Seen::of(&response, &self.labels).ok_or_else(not_found)?;
        if seen.id == *id { Ok((seen, response)) } else { Err(not_found()) }
    }

    /// A container by its name, whoever's; ours or not.
    async fn find_named(&self, name: &str) -> Result<Option<Option<Seen>>, RuntimeError> {
        let docker = self.api.docker().await?;
        let what = "looking for a container";
        let inspected = docker.inspect_container(name, None::<InspectContainerOptions>);
        let response = self.api.call(what, self.api.patience.look, async {
            match mended(inspected.await) {
                Err(error) if is_gone(&error) => Ok(None),
                other => other.map(Some),
            }
        });
        Ok(response.await?.map(|response| Seen::of(&response, &self.labels)))
    }

    /// Whether containers get a network of their own; walled off, if that is wanted and can be had.
    async fn has_network(&self) -> bool {
        match self.options.network {
            Network::None => false,
            Network::Open => true,
            // What has been there is looked at beside the making, and if it has gone, no container starts.
            Network::Walled if self.walled_at.lock().await.is_some() => true,
            Network::Walled => self.wall().await.is_ok(),
        }
    }

    /// Why the wall that is wanted can't be had.
    async fn wall(&self) -> Result<(), String> {
        if self.options.network == Network::Walled { self.walled().await } else { Ok(()) }
    }

    /// Sees that the wall is there, unless that was seen just now.
    async fn walled(&self) -> Result<(), String> {
        // One look for all who want one now.
        let mut walled_at = self.walled_at.lock().await;
        if walled_at.is_some_and(|at| at.elapsed() < WALL_FRESH) {
            return Ok(());
        }
        let now = Instant::now();
        let outcome = self.raise_wall().await;
        *walled_at = outcome.is_ok().then_some(now);
        outcome
    }

    async fn raise_wall(&self) -> Result<(), String> {
        match self.engine().await {
            Ok(engine) if engine.is_rootless => {
                return Err("an engine without root has its networks where iptables doesn't reach".to_owned());
            }
            Ok(engine) if engine.shares_files => {}
            Ok(_) => return Err("the engine is on another machine".to_owned()),
            Err(error) => return Err(error.to_string()),
        }
        wall::raise(self.options.network_namespace.as_deref()).await
    }
}

#[async_trait]
impl Runtime for DockerRuntime {
    fn name(&self) -> &'static str {
        "docker"
    }

    async fn health(&self) -> Health {
        let inner = &self.inner;
        let engine = match inner.ask_engine().await {
            Ok(engine) => engine,
            Err(RuntimeError::Unavailable { detail }) => return health::unavailable(detail),
            Err(error) => return health::unavailable(error.to_string()),
        };
        let obstacle = inner.obstacle(&engine).await;
        health::of(&health::Found {
            engine: Engine::clone(&engine),
            obstacle,
            network: inner.options.network,
            wall: inner.wall().await,
            refuses_disk_limit: inner.refuses_disk_limit.load(Ordering::Relaxed),
        })
    }

    async fn prepare(&self, spec: &ContainerSpec, progress: &Progress) -> Result<(), RuntimeError> {
        create::prepare(&self.inner, spec, progress).await
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, RuntimeError> {
        to_the_end(create::run(Arc::clone(&self.inner), spec.clone())).await
    }

    async fn start(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        to_the_end(start::run(Arc::clone(&self.inner), id.clone())).await
    }

    async fn stop(&self, id: &ContainerId, grace: Duration) -> Result<(), RuntimeError> {
        to_the_end(stop::run(Arc::clone(&self.inner), id.clone(), grace)).await
    }

    async fn delete(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        to_the_end(remove::run(Arc::clone(&self.inner), id.clone())).await
    }

    async fn inspect(&self, id: &ContainerId) -> Result<Container, RuntimeError> {
        let seen = self.inner.find(id).await?;
        Ok(seen.container(&self.inner.directory(&seen.session)))
    }

    async fn list(&self) -> Result<Vec<Container>, RuntimeError> {
        adopt::list(&self.inner).await
    }

    async fn wait(&self, id: &ContainerId) -> Result<Exit, RuntimeError> {
        wait::run(&self.inner, id).await
    }

    async fn connect(&self, id: &ContainerId) -> Result<Box<dyn ByteStream>, RuntimeError> {
        connect::run(&self.inner, id).await
    }

    async fn usage(&self, id: &ContainerId) -> Result<Usage, RuntimeError> {
        let seen = self.inner.find(id).await?;
        if !seen.runs() {
            return Err(RuntimeError::NotRunning(id.clone()));
        }
        let is_here = self.inner.engine().await?.shares_files;
        match usage::ask(&self.inner.api, &seen, is_here).await {
            Ok(usage) if usage.pids > 0 => Ok(usage),
            // It may have ended meanwhile, of which engines tell in different ways.
            usage if self.inner.find(id).await?.runs() => usage,
            _ => Err(RuntimeError::NotRunning(id.clone())),
        }
    }

    async fn disk_use(&self, id: &ContainerId) -> Result<u64, RuntimeError> {
        let (seen, told) = self.inner.inspect(id).await?;
        let directory = self.inner.directory(&seen.session);
        let record = directory.record().map_err(|error| failed("read a container's record", error))?;
        let mut own = vec![directory.privates()];
        own.extend(record.and_then(|record| record.home?.own_workspace()));
        let engine = self.inner.engine().await?;
        let layer = match usage::layer(&told).filter(|_| engine.shares_files) {
            Some(directory) => {
                own.push(directory);
                0
            }
            // Podman holds a container while it counts, so that nothing else could be asked of it.
            None if engine.is_podman => 0,
            None => usage::layer_bytes(&self.inner.api, id).await?,
        };
        let files = disk::count(&own).await.map_err(|error| failed("read a container's files", error))?;
        Ok(layer.saturating_add(files))
    }
}
