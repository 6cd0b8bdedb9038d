//! Waits for a container's end, through whatever becomes of the engine meanwhile.

use std::time::Duration;

use bollard::query_parameters::WaitContainerOptionsBuilder;
use futures::StreamExt as _;
use protocol::ContainerId;
use runtime::{Exit, RuntimeError};

use super::Inner;
use crate::state::Seen;

/// How long until an engine that doesn't answer is asked again.
const RETRY: Duration = Duration::from_millis(250);

pub(super) async fn run(inner: &Inner, id: &ContainerId) -> Result<Exit, RuntimeError> {
    let seen = ended(inner, id).await?;
    Ok(seen.exit(&inner.directory(&seen.session)).unwrap_or(Exit::Unknown))
}

/// Returns when it doesn't run. Without a limit; its callers have theirs.
pub(super) async fn ended(inner: &Inner, id: &ContainerId) -> Result<Seen, RuntimeError> {
    loop {
        match inner.find(id).await {
            Ok(seen) if !seen.runs() => return Ok(seen),
            Ok(_) => watch(inner, id).await,
            Err(RuntimeError::Unavailable { .. } | RuntimeError::Timeout { .. }) => tokio::time::sleep(RETRY).await,
            Err(error) => return Err(error),
        }
    }
}

/// Returns when there may be something new. What the engine says of the end is not looked at: it may break off, and
/// the container tells more.
async fn watch(inner: &Inner, id: &ContainerId) {
    let Ok(docker) = inner.api.docker().await else { return };
    let options = WaitContainerOptionsBuilder::default().condition("not-running").build();
    let mut answers = Box::pin(docker.wait_container(id.as_str(), Some(options)));
    let is_answer = match answers.next().await {
        Some(Ok(_) | Err(bollard::errors::Error::DockerContainerWaitError { .. })) => true,
        Some(Err(_)) | None => false,
    };
    if !is_answer {
        tokio::time::sleep(RETRY).await;
    }
}
