//! Removes a container, and all that was made for it.

use std::sync::Arc;

use bollard::query_parameters::{RemoveContainerOptionsBuilder, RemoveVolumeOptionsBuilder};
use protocol::{ContainerId, SessionId};
use runtime::RuntimeError;

use super::Inner;
use crate::api::{REMOVE_LIMIT, failed_at, is_gone, status};
use crate::network;
use crate::record::Directory;
use crate::spec::volume;

pub(super) async fn run(inner: Arc<Inner>, id: ContainerId) -> Result<(), RuntimeError> {
    let session = match inner.find(&id).await {
        Ok(seen) => seen.session,
        // Removed behind our back, it may have left its belongings.
        Err(RuntimeError::NotFound(_)) => match recorded(&inner, &id)? {
            Some(session) => session,
            None => return Ok(()),
        },
        Err(error) => return Err(error),
    };
    let _turn = inner.turn(&session).await;
    container(&inner, &id).await?;
    // Unless another container was made for the session meanwhile, which the turn rules out for us.
    belongings(&inner, &session).await
}

/// Removes a container alone. The turn is the caller's.
pub(super) async fn container(inner: &Inner, id: &ContainerId) -> Result<(), RuntimeError> {
    let docker = inner.api.docker().await?;
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    let what = "removing a container";
    let removed = async {
        match docker.remove_container(id.as_str(), Some(options)).await {
            Err(error) if is_gone(&error) => Ok(()),
            // Somebody else is at it; what is left is to see it gone.
            Err(error) if status(&error) == Some(409) => Ok(()),
            other => other,
        }
    };
    inner.api.call(what, REMOVE_LIMIT, removed).await?;
    gone(inner, id).await
}

/// Waits until the engine knows the container no more.
async fn gone(inner: &Inner, id: &ContainerId) -> Result<(), RuntimeError> {
    let until = tokio::time::Instant::now() + REMOVE_LIMIT;
    loop {
        match inner.find(id).await {
            Err(RuntimeError::NotFound(_)) => return Ok(()),
            Err(error) => return Err(error),
            Ok(_) if tokio::time::Instant::now() < until => tokio::time::sleep(GONE_POLL).await,
            Ok(_) => {
                return Err(RuntimeError::Timeout { what: "removing a container", seconds: REMOVE_LIMIT.as_secs() });
            }
        }
    }
}

/// How often it is looked whether a container is gone that somebody else removes.
const GONE_POLL: std::time::Duration = std::time::Duration::from_millis(50);

/// The session that a container was made for, by our own record.
fn recorded(inner: &Inner, id: &ContainerId) -> Result<Option<SessionId>, RuntimeError> {
    let root = &inner.options.directory;
    let all = Directory::all(root).map_err(|error| failed_at("list", root, error))?;
    let is_its = |directory: &Directory| directory.record().ok().flatten().is_some_and(|r| r.id.as_ref() == Some(id));
    Ok(all.into_iter().find(|(_, directory)| is_its(directory)).map(|(session, _)| session))
}

/// Removes what belongs to a session without a container. Each may be gone already.
pub(super) async fn belongings(inner: &Inner, session: &SessionId) -> Result<(), RuntimeError> {
    network::remove(&inner.api, &inner.labels, session).await?;
    let docker = inner.api.docker().await?;
    let name = volume(session);
    let looked = async {
        match docker.inspect_volume(&name).await {
            Err(error) if status(&error) == Some(404) => Ok(None),
            other => other.map(Some),
        }
    };
    let found = inner.api.call("looking for a volume", inner.api.patience.look, looked).await?;
    if found.is_some_and(|volume| inner.labels.session(&volume.labels).as_ref() == Some(session)) {
        let options = RemoveVolumeOptionsBuilder::default().force(true).build();
        let removed = async {
            match docker.remove_volume(&name, Some(options)).await {
                Err(error) if status(&error) == Some(404) => Ok(()),
                other => other,
            }
        };
        inner.api.call("removing a volume", REMOVE_LIMIT, removed).await?;
    }
    let directory = inner.directory(session);
    // A tree of somebody's files may be large; nobody else's work waits for it.
    let removed = tokio::task::spawn_blocking(move || directory.remove().map_err(|error| (directory.run(), error)));
    match removed.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err((path, error))) => Err(failed_at("remove", &path, error)),
        Err(error) => Err(RuntimeError::Unavailable { detail: format!("an operation broke off: {error}") }),
    }
}
