//! Makes a container: built under another name, and then, whole, put in its place.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use protocol::ContainerId;
use runtime::{ContainerSpec, RuntimeError};

use super::Inner;
use crate::child::{failed, unexpected};
use crate::container::{Container, State};
use crate::identity::{Identity, SLOTS};
use crate::record::{self, CONTAINER, ContainerRecord};
use crate::request::{Answer, Prepare, Request};

pub(super) const MAKING: &str = "making";
pub(super) const CONTAINERS: &str = "containers";

pub(super) async fn run(inner: Arc<Inner>, spec: ContainerSpec) -> Result<ContainerId, RuntimeError> {
    if !inner.health.available {
        return Err(RuntimeError::Unavailable { detail: inner.health.summary.clone() });
    }
    let _making = inner.making.lock().await;
    let existing = inner.containers().values().find(|c| c.record.session == spec.session).map(|c| c.record.id.clone());
    if let Some(id) = existing {
        return Ok(id);
    }
    let id: ContainerId = format!("berth-{}", spec.session)
        .parse()
        .map_err(|error| RuntimeError::Unavailable { detail: format!("{}: {error}", spec.session) })?;
    let identity = match inner.shared_identity {
        Some(identity) => identity,
        None => Identity::of_slot(free_slot(&inner)?),
    };
    let record = ContainerRecord::new(id.clone(), &spec, identity);
    // Its own name for each attempt: the child of a server that was killed may still be at an earlier one.
    let making = inner.root.join(MAKING).join(format!("{id}.{:016x}", rand::random::<u64>()));
    let made = build(&inner, &record, &making).await;
    if made.is_err() {
        // A failed attempt's files; start-up clears them if this fails too.
        if let Err(error) = inner.remove_tree(&making, identity).await {
            tracing::warn!(container = %id, %error, "files of a container that was not made are left");
        }
    }
    made?;
    let container = Container::new(
        record,
        inner.root.join(CONTAINERS).join(id.as_str()),
        inner.hierarchies.of(id.as_str()),
        State::Created,
    );
    inner.containers().insert(id.clone(), container);
    Ok(id)
}

async fn build(inner: &Inner, record: &ContainerRecord, making: &Path) -> Result<(), RuntimeError> {
    fs::create_dir(making).map_err(|error| failed("make a container's directory", error))?;
    let prepare = Prepare {
        directory: making.to_owned(),
        identity: record.identity,
        hostname: record.session.as_str().to_owned(),
        home: record.home.clone(),
    };
    match inner.helper.ask(&Request::Prepare(prepare)).await? {
        Answer::Done => {}
        Answer::Failed(failure) => return Err(failure.into_error()),
        other => return Err(unexpected(&other)),
    }
    record::write_durable(&making.join(CONTAINER), record).map_err(|error| failed("record a container", error))?;
    let place = inner.root.join(CONTAINERS).join(record.id.as_str());
    fs::rename(making, &place).map_err(|error| failed("put a container in its place", error))
}

/// A range of ids that no container has.
fn free_slot(inner: &Inner) -> Result<u32, RuntimeError> {
    let containers = inner.containers();
    let taken: std::collections::HashSet<u32> =
        containers.values().filter_map(|container| container.record.identity.slot()).collect();
    (0..SLOTS)
        .find(|slot| !taken.contains(slot))
        .ok_or_else(|| RuntimeError::Unavailable { detail: format!("all {SLOTS} ranges of ids are taken") })
}
