//! Starts a container, or takes it out of a pause.

use std::sync::Arc;

use bollard::errors::Error;
use bollard::query_parameters::StartContainerOptions;
use protocol::ContainerId;
use runtime::RuntimeError;
use tokio::time::timeout;

use super::Inner;
use crate::api::{SIGNAL_LIMIT, failed_at, is_full, message, status};
use crate::options::Network;
use crate::state::Phase;
use crate::{home, network};

pub(super) async fn run(inner: Arc<Inner>, id: ContainerId) -> Result<(), RuntimeError> {
    let limit = inner.api.patience.start;
    let what = "starting a container";
    timeout(limit, start(&inner, &id)).await.unwrap_or(Err(RuntimeError::Timeout { what, seconds: limit.as_secs() }))
}

async fn start(inner: &Inner, id: &ContainerId) -> Result<(), RuntimeError> {
    let session = inner.find(id).await?.session;
    let _turn = inner.turn(&session).await;
    // Again, for what another operation may have done.
    let seen = inner.find(id).await?;
    let docker = inner.api.docker().await?;
    if seen.phase == Phase::Running {
        return Ok(());
    }
    let directory = inner.directory(&session);
    let record = directory.record().map_err(|error| failed_at("read the record in", &directory.run(), error))?;
    let Some(record) = record else {
        let detail = format!("its directory {} is gone", directory.run().display());
        return Err(RuntimeError::Start { detail });
    };
    if record.walled && inner.options.network != Network::Open {
        let why = |why| RuntimeError::Start { detail: format!("the host can't be walled off from it: {why}") };
        inner.walled().await.map_err(why)?;
    }
    if seen.phase == Phase::Paused {
        let unpaused = docker.unpause_container(id.as_str());
        return inner.api.call_on(id, "taking a container out of its pause", SIGNAL_LIMIT, unpaused).await;
    }
    if let Some(home) = &record.home {
        // What is mounted was settled when the container was made; where it is mounted has to be there.
        home::places(home, record.user, |number| directory.private(number))
            .map_err(|error| RuntimeError::Start { detail: error.to_string() })?;
    }
    if record.walled {
        network::make(&inner.api, &inner.labels, &session).await?;
    }
    directory.forget_end().map_err(|error| failed_at("forget how it ended, in", &directory.run(), error))?;
    docker
        .start_container(id.as_str(), None::<StartContainerOptions>)
        .await
        .map_err(|error| refused(inner, id, error))?;
    directory.has_started().map_err(|error| failed_at("write that it runs, in", &directory.run(), error))
}

fn refused(inner: &Inner, id: &ContainerId, error: Error) -> RuntimeError {
    match status(&error) {
        None => inner.api.translate("starting a container", error),
        Some(_) if message(&error).to_lowercase().contains("no such container") => RuntimeError::NotFound(id.clone()),
        Some(_) if is_full(message(&error)) => RuntimeError::DiskFull,
        Some(_) => RuntimeError::Start { detail: message(&error).trim().to_owned() },
    }
}
