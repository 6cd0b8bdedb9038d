//! What is done when the server starts: find the containers that are there, go on watching those
//! that run, settle those that don't, and clear away what a crash left.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use protocol::ContainerId;
use runtime::{Exit, Health, RuntimeError};

use super::create::{CONTAINERS, MAKING};
use super::remove::TRASH;
use super::start;
use super::{Config, Embedded, Inner};
use crate::cgroup::Hierarchies;
use crate::child::{Helper, failed, unexpected};
use crate::container::{Container, Run, State};
use crate::health;
use crate::identity::{self, Identity};
use crate::process::Held;
use crate::record::{self, CONTAINER, ContainerRecord, EXIT, LOCK, PROCESS, Process};
use crate::request::{Answer, Probe, Probed, Request};

const RUNTIME: &str = "runtime";
const INSTALLATION: &str = "installation";
const PROBE: &str = "probe";
/// How long a child of a server that was killed may take to finish what it was at.
const CHILD_LIMIT: Duration = Duration::from_secs(35);
const CHILD_RETRY: Duration = Duration::from_millis(10);

impl Embedded {
    /// Opens the driver's directory, making it if need be, and takes charge of the containers in
    /// it. Must be called within a Tokio runtime. Makes this process the parent of its
    /// containers' orphans (`PR_SET_CHILD_SUBREAPER`).
    ///
    /// # Errors
    /// [`RuntimeError::Unavailable`] when another process uses the directory, or it can't be used.
    /// That containers can't be started here is no error but in the health.
    pub async fn open(config: Config) -> Result<Self, RuntimeError> {
        nix::sys::prctl::set_child_subreaper(true).map_err(|error| failed("become a subreaper", error.into()))?;
        let root = config.data_dir.join(RUNTIME);
        for directory in [root.clone(), root.join(MAKING), root.join(TRASH), root.join(CONTAINERS)] {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&directory)
                .map_err(|error| failed(&format!("make {}", directory.display()), error))?;
        }
        let lock = lock(&root).await?;
        let is_root = identity::is_host_root();
        let (shared_identity, few_ids) = if is_root {
            (None, None)
        } else {
            let (identity, why) = identity::unprivileged();
            (Some(identity), why)
        };
        let hierarchies = Hierarchies::find(&installation(&root)?, is_root)
            .map_err(|error| failed("look at the host's cgroups", error))?;
        let helper = Helper { program: config.helper, args: config.helper_args };
        let mut inner = Inner {
            root,
            guest_binary: config.guest_binary,
            helper,
            hierarchies,
            shared_identity,
            writable_usr: false,
            pasta: crate::tools::find("pasta"),
            health: Health { available: false, summary: String::new(), enforcement: Vec::new() },
            containers: Mutex::new(HashMap::new()),
            making: tokio::sync::Mutex::new(()),
            _lock: lock,
        };
        let probed = probe(&inner).await;
        inner.writable_usr = probed.as_ref().is_ok_and(|probed| probed.writable_usr.is_none());
        if let Ok(Probed { network: Some(_), .. }) = &probed {
            inner.pasta = None;
        }
        inner.health = health::of(
            &inner.hierarchies,
            shared_identity,
            few_ids,
            inner.pasta.as_deref(),
            &probed,
            &inner.guest_binary,
        );
        let inner = Arc::new(inner);
        clear_unfinished(&inner).await?;
        adopt_all(&inner).await?;
        clear_groups(&inner).await?;
        Ok(Self { inner })
    }
}

/// Takes the directory for us alone. A server that was just killed may not be quite gone.
async fn lock(root: &Path) -> Result<File, RuntimeError> {
    let what = "lock the runtime's directory";
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(root.join(LOCK))
        .map_err(|error| failed(what, error))?;
    let until = tokio::time::Instant::now() + CHILD_LIMIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if tokio::time::Instant::now() < until => {
                tokio::time::sleep(CHILD_RETRY).await;
            }
            Err(TryLockError::WouldBlock) => {
                let detail = format!("another server uses {}", root.display());
                return Err(RuntimeError::Unavailable { detail });
            }
            Err(TryLockError::Error(error)) => return Err(failed(what, error)),
        }
    }
}

/// The random name of this installation, made the first time.
fn installation(root: &Path) -> Result<String, RuntimeError> {
    let path = root.join(INSTALLATION);
    let what = "name this installation";
    match fs::read_to_string(&path) {
        Ok(name) if name.len() == 16 && name.bytes().all(|b| b.is_ascii_hexdigit()) => return Ok(name),
        Ok(_) => {
            return Err(RuntimeError::Unavailable { detail: format!("{} is damaged", path.display()) });
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(what, error)),
        Err(_) => {}
    }
    let name = format!("{:016x}", rand::random::<u64>());
    let temporary = path.with_extension("new");
    let write = || -> io::Result<()> {
        record::remove(&temporary)?;
        let mut file = File::create_new(&temporary)?;
        file.write_all(name.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, &path)
    };
    write().map_err(|error| failed(what, error))?;
    Ok(name)
}

async fn probe(inner: &Inner) -> Result<Probed, RuntimeError> {
    let identity = inner.shared_identity.unwrap_or_else(|| Identity::of_slot(0));
    let directory = inner.root.join(PROBE);
    inner.remove_tree(&directory, identity).await?;
    fs::create_dir(&directory).map_err(|error| failed("make a directory for a probe", error))?;
    let request = Request::Probe(Probe { directory: directory.clone(), identity });
    let answer = inner.helper.ask(&request).await;
    inner.remove_tree(&directory, identity).await?;
    match answer? {
        Answer::Probed(probed) => Ok(probed),
        Answer::Failed(failure) => Err(failure.into_error()),
        other => Err(unexpected(&other)),
    }
}

/// Removes what was being made or removed when a server was killed.
async fn clear_unfinished(inner: &Inner) -> Result<(), RuntimeError> {
    for name in [MAKING, TRASH] {
        let entries = fs::read_dir(inner.root.join(name)).map_err(|error| failed("list unfinished work", error))?;
        for entry in entries {
            let path = entry.map_err(|error| failed("list unfinished work", error))?.path();
            // Any identity of ours may remove what any made: as root all, else there is but one.
            let identity = inner.shared_identity.unwrap_or_else(|| Identity::of_slot(0));
            if let Err(error) = inner.remove_tree(&path, identity).await {
                tracing::warn!(path = %path.display(), %error, "unfinished work is left");
            }
        }
    }
    Ok(())
}

async fn adopt_all(inner: &Arc<Inner>) -> Result<(), RuntimeError> {
    let entries = fs::read_dir(inner.root.join(CONTAINERS)).map_err(|error| failed("list containers", error))?;
    for entry in entries {
        let directory = entry.map_err(|error| failed("list containers", error))?.path();
        let record = match record::read::<ContainerRecord>(&directory.join(CONTAINER)) {
            Ok(Some(record)) => record,
            Ok(None) => {
                tracing::error!(path = %directory.display(), "a container without a record; left alone");
                continue;
            }
            Err(error) => {
                tracing::error!(path = %directory.display(), %error, "a container's record can't be read; left alone");
                continue;
            }
        };
        let id = record.id.clone();
        let group = inner.hierarchies.of(id.as_str());
        let container = Container::new(record, directory, group, State::Created);
        // One container that can't be told apart from a dead one must not keep the others from their owners.
        if let Err(error) = adopt(inner, &container).await {
            tracing::error!(container = %id, %error, "a container's state can't be read; it counts as ended");
            settle(&container, Exit::Unknown).await;
        }
        inner.containers().insert(id, container);
    }
    Ok(())
}

async fn adopt(inner: &Arc<Inner>, container: &Arc<Container>) -> Result<(), RuntimeError> {
    wait_for_child(&container.directory).await?;
    let read = |error| failed("read a container's state", error);
    let process: Option<Process> = record::read(&container.directory.join(PROCESS)).map_err(read)?;
    let exit: Option<Exit> = record::read(&container.directory.join(EXIT)).map_err(read)?;
    let init = match &process {
        Some(process) => Held::open(process).map_err(|error| failed("hold a container's init", error))?,
        None => None,
    };
    match (init, process, exit) {
        (Some(init), process, _) => {
            tracing::info!(container = %container.record.id, "adopted");
            // The server before may have been killed before it opened the way out, or have taken it along.
            let closed = process.filter(|process| !has_way_out(process));
            let network = closed.zip(inner.pasta.clone());
            let network = network.map(|(process, pasta)| start::open_network(inner, container, process, pasta));
            container.runs(Run::new(init, network));
        }
        // It ended while nobody looked, or its end was not yet written down.
        (None, Some(_), None) => {
            let exit = container.judge_unseen();
            settle(container, exit).await;
        }
        (None, _, Some(exit)) => settle(container, exit).await,
        (None, None, None) => {}
    }
    Ok(())
}

/// Whether a `pasta` runs beside a container's init, as its child. Where the kernel doesn't list children,
/// none is found: a second one then meets the interface taken, and ends.
fn has_way_out(init: &Process) -> bool {
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", init.pid));
    children.is_ok_and(|children| {
        // A dead one that init has not collected has no command line any more.
        let is_pasta = |pid: &str| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).next().is_some_and(|program| program.ends_with(b"pasta"))
        };
        children.split_ascii_whitespace().any(is_pasta)
    })
}

async fn settle(container: &Arc<Container>, exit: Exit) {
    if let Err(error) = container.clear(&exit).await {
        tracing::error!(container = %container.record.id, %error, "traces of a container's run are left");
    }
    container.has_ended(exit);
}

/// Waits until a child that a killed server left at work has finished.
async fn wait_for_child(directory: &Path) -> Result<(), RuntimeError> {
    let file = match File::options().write(true).open(directory.join(LOCK)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("look at a container's lock", error)),
    };
    let until = tokio::time::Instant::now() + CHILD_LIMIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if tokio::time::Instant::now() < until => {
                tokio::time::sleep(CHILD_RETRY).await;
            }
            Err(TryLockError::WouldBlock) => {
                return Err(RuntimeError::Timeout { what: "an earlier start", seconds: CHILD_LIMIT.as_secs() });
            }
            Err(TryLockError::Error(error)) => return Err(failed("lock a container", error)),
        }
    }
}

/// Kills and removes cgroups of this installation's that no running container has.
async fn clear_groups(inner: &Inner) -> Result<(), RuntimeError> {
    let existing = inner.hierarchies.existing().map_err(|error| failed("list cgroups", error))?;
    for name in existing {
        let running = name
            .parse::<ContainerId>()
            .is_ok_and(|id| inner.containers().get(&id).is_some_and(|container| container.run().is_some()));
        if running {
            continue;
        }
        let group = inner.hierarchies.of(&name);
        let cleared = group.kill().and_then(|()| group.remove());
        if let Err(error) = cleared {
            tracing::warn!(cgroup = name, %error, "a cgroup is left");
        }
    }
    Ok(())
}
