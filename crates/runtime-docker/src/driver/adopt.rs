//! What is done when the server starts: what is without a container, because a crash came between, is cleared away.

use std::collections::HashSet;

use bollard::query_parameters::{InspectContainerOptions, ListContainersOptionsBuilder, ListVolumesOptionsBuilder};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use protocol::SessionId;
use runtime::{Container, RuntimeError};

use super::{Inner, remove};
use crate::api::{failed_at, is_gone, mended};
use crate::network;
use crate::record::Directory;
use crate::state::Seen;

/// Containers that are asked about at once.
const AT_ONCE: usize = 16;

pub(super) async fn run(inner: &Inner) -> Result<(), RuntimeError> {
    let mut kept = HashSet::new();
    for seen in seen(inner).await? {
        complete(inner, &seen)?;
        kept.insert(seen.session);
    }
    let mut found: HashSet<SessionId> =
        network::find(&inner.api, &inner.labels, None).await?.into_iter().map(|(_, session)| session).collect();
    found.extend(volumes(inner).await?);
    let root = &inner.options.directory;
    let directories = Directory::all(root).map_err(|error| failed_at("list", root, error))?;
    let engine = inner.engine().await?;
    for (session, directory) in directories {
        match directory.record() {
            // Whoever configures another engine may go back to the first, whose containers need theirs.
            Ok(Some(record)) if record.engine != engine.identity => {}
            Ok(_) => drop(found.insert(session)),
            Err(error) => tracing::warn!(%session, %error, "a container's record can't be read"),
        }
    }
    for session in found.difference(&kept) {
        tracing::info!(%session, "clearing away what belongs to no container");
        remove::belongings(inner, session).await?;
    }
    Ok(())
}

/// Writes down the id of a container that was made just before a crash.
fn complete(inner: &Inner, seen: &Seen) -> Result<(), RuntimeError> {
    let directory = inner.directory(&seen.session);
    let failed = |error| failed_at("read the record of", &directory.run(), error);
    if let Some(mut record) = directory.record().map_err(failed)?
        && record.id.as_ref() != Some(&seen.id)
    {
        record.id = Some(seen.id.clone());
        directory.write(&record).map_err(failed)?;
    }
    Ok(())
}

/// All of our containers.
pub(super) async fn list(inner: &Inner) -> Result<Vec<Container>, RuntimeError> {
    let mut list: Vec<_> =
        seen(inner).await?.iter().map(|seen| seen.container(&inner.directory(&seen.session))).collect();
    list.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(list)
}

/// The engine's list doesn't say how a container ended, so each is looked at.
async fn seen(inner: &Inner) -> Result<Vec<Seen>, RuntimeError> {
    let docker = inner.api.docker().await?;
    let filters = inner.labels.filter(None);
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    let listed = async { mended(docker.list_containers(Some(options)).await) };
    let listed = inner.api.call("listing containers", inner.api.patience.look, listed).await?;
    let ids = listed.into_iter().filter_map(|summary| summary.id);
    let looked = stream::iter(ids.map(|id| {
        let docker = docker.clone();
        async move {
            let inspected = async {
                match mended(docker.inspect_container(&id, None::<InspectContainerOptions>).await) {
                    // Removed just now.
                    Err(error) if is_gone(&error) => Ok(None),
                    other => other.map(Some),
                }
            };
            inner.api.call("looking at a container", inner.api.patience.look, inspected).await
        }
    }));
    let responses: Vec<_> = looked.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(responses.iter().flatten().filter_map(|response| Seen::of(response, &inner.labels)).collect())
}

/// The sessions that have a volume.
async fn volumes(inner: &Inner) -> Result<Vec<SessionId>, RuntimeError> {
    let docker = inner.api.docker().await?;
    let filters = inner.labels.filter(None);
    let options = ListVolumesOptionsBuilder::default().filters(&filters).build();
    let list = inner.api.call("listing volumes", inner.api.patience.look, docker.list_volumes(Some(options))).await?;
    Ok(list.volumes.unwrap_or_default().iter().filter_map(|volume| inner.labels.session(&volume.labels)).collect())
}
