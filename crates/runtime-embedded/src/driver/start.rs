//! Starts a container, and opens its network beside it.

use std::path::PathBuf;
use std::sync::Arc;

use protocol::guest;
use runtime::RuntimeError;
use tokio::task::JoinHandle;

use super::Inner;
use crate::child::{failed, unexpected};
use crate::connect::directory_inside;
use crate::container::{Container, Run};
use crate::identity::{Identity, USER};
use crate::process::Held;
use crate::record::{self, EXIT, Process};
use crate::request::{Answer, Network, Request, Start};

/// What `pasta` complained of, in the container's directory.
const NETWORK_LOG: &str = "network.log";

/// The part of a container's memory that each of `/tmp` and `/dev/shm` may take: files in them are
/// never given up by the kernel, and with both full the programs still have half.
const MEMORY_FILE_SYSTEM_SHARE: u64 = 4;

pub(super) async fn run(inner: Arc<Inner>, container: Arc<Container>) -> Result<(), RuntimeError> {
    let removed = container.operation.lock().await;
    if *removed {
        return Err(RuntimeError::NotFound(container.record.id.clone()));
    }
    if container.run().is_some() {
        return Ok(());
    }
    if !inner.health.available {
        return Err(RuntimeError::Unavailable { detail: inner.health.summary.clone() });
    }
    let started = launch(&inner, &container).await;
    if started.is_err()
        && let Err(error) = container.remove_group().await
    {
        tracing::warn!(container = %container.record.id, %error, "cgroups of a container that did not start are left");
    }
    let (process, init) = started?;
    let network = inner.pasta.clone().map(|pasta| open_network(&inner, &container, process, pasta));
    container.runs(Run::new(init, network));
    Ok(())
}

async fn launch(inner: &Inner, container: &Container) -> Result<(Process, Held), RuntimeError> {
    let record = &container.record;
    record::remove(&container.directory.join(EXIT)).map_err(|error| failed("forget how it ended", error))?;
    container.group.create(&record.limits).map_err(|error| failed("make its cgroups", error))?;
    let start = Start {
        id: record.id.as_str().to_owned(),
        directory: container.directory.clone(),
        identity: record.identity,
        hostname: record.session.as_str().to_owned(),
        home: record.home.clone(),
        guest_binary: inner.guest_binary.clone(),
        guest: guest_config(container),
        cgroups: container.group.legacy_directories(),
        unified: container.group.unified(),
        show_cgroup: inner.hierarchies.shows(),
        writable_usr: inner.writable_usr,
        way_out: inner.pasta.is_some(),
        memory_file_system_bytes: record.limits.memory_bytes / MEMORY_FILE_SYSTEM_SHARE,
    };
    let process = match inner.helper.ask(&Request::Start(Box::new(start))).await? {
        Answer::Started(process) => process,
        Answer::Failed(failure) => return Err(failure.into_start_error()),
        other => return Err(unexpected(&other)),
    };
    match Held::open(&process) {
        Ok(Some(init)) => Ok((process, init)),
        Ok(None) => Err(RuntimeError::Start { detail: "its init ended at once".to_owned() }),
        Err(error) => Err(failed("hold a container's init", error)),
    }
}

fn guest_config(container: &Container) -> guest::Config {
    let record = &container.record;
    let single = matches!(record.identity, Identity::Single { .. });
    guest::Config {
        session: record.session.clone(),
        token: record.token.clone(),
        listen: guest::Listen::Unix(format!("{}/{}", directory_inside(record.identity), guest::SOCKET_FILE)),
        user: (!single).then_some(guest::User { uid: USER, gid: USER }),
        directory: "/home/user/workspace".to_owned(),
        home: "/home/user".to_owned(),
        shell: "/bin/bash".to_owned(),
        env: record.env.clone(),
    }
}

/// Starts `pasta` for a container, beside everything else. That it fails is logged, not an error: the
/// container runs, only without a way out.
pub(super) fn open_network(inner: &Arc<Inner>, container: &Container, init: Process, pasta: PathBuf) -> JoinHandle<()> {
    let id = container.record.id.clone();
    let log = container.directory.join(NETWORK_LOG);
    let request = Request::Network(Network { init, identity: container.record.identity, pasta, log });
    let inner = Arc::clone(inner);
    tokio::spawn(async move {
        let why = match inner.helper.ask(&request).await {
            Ok(Answer::Done) => return,
            Ok(Answer::Failed(failure)) => failure.detail,
            Ok(other) => unexpected(&other).to_string(),
            Err(error) => error.to_string(),
        };
        tracing::warn!(container = %id, why, "the container has no network");
    })
}
