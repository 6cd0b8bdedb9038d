//! Stops a container: asks, waits, then kills.

use std::sync::Arc;
use std::time::Duration;

use bollard::query_parameters::KillContainerOptionsBuilder;
use protocol::ContainerId;
use runtime::RuntimeError;
use tokio::time::{Instant, timeout, timeout_at};

use super::{Inner, wait};
use crate::api::{SIGNAL_LIMIT, failed_at, status};
use crate::state::Phase;

/// Between two requests to end. An init that has not yet set up its handler never sees the first: the kernel drops
/// what pid 1 of a namespace doesn't handle.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How long a killed container may take to be gone.
const KILL_LIMIT: Duration = Duration::from_secs(20);

pub(super) async fn run(inner: Arc<Inner>, id: ContainerId, grace: Duration) -> Result<(), RuntimeError> {
    let session = inner.find(&id).await?.session;
    let _turn = inner.turn(&session).await;
    let seen = inner.find(&id).await?;
    if !seen.runs() {
        return Ok(());
    }
    let directory = inner.directory(&session);
    directory.expect_end(&seen.started_at).map_err(|error| failed_at("write in", &directory.run(), error))?;
    if seen.phase == Phase::Paused {
        // Nothing in it hears a signal before.
        let docker = inner.api.docker().await?;
        let unpaused = docker.unpause_container(id.as_str());
        inner.api.call_on(&id, "taking a container out of its pause", SIGNAL_LIMIT, unpaused).await?;
    }
    let until = Instant::now() + grace;
    while Instant::now() < until {
        if !signal(&inner, &id, "SIGTERM").await? {
            return Ok(());
        }
        if let Ok(Ok(ended)) = timeout_at(until, timeout(ASK_AGAIN, wait::ended(&inner, &id))).await {
            return ended.map(drop);
        }
    }
    if !signal(&inner, &id, "SIGKILL").await? {
        return Ok(());
    }
    timeout(KILL_LIMIT, wait::ended(&inner, &id))
        .await
        .map_err(|_| RuntimeError::Timeout { what: "killing a container", seconds: KILL_LIMIT.as_secs() })?
        .map(drop)
}

/// Sends a signal to init; false when there is none any more.
async fn signal(inner: &Inner, id: &ContainerId, signal: &str) -> Result<bool, RuntimeError> {
    let docker = inner.api.docker().await?;
    let options = KillContainerOptionsBuilder::default().signal(signal).build();
    let sent = async {
        match docker.kill_container(id.as_str(), Some(options)).await {
            // It isn't running.
            Err(error) if matches!(status(&error), Some(409 | 500)) => Ok(false),
            other => other.map(|()| true),
        }
    };
    if inner.api.call_on(id, "sending a signal to a container", SIGNAL_LIMIT, sent).await? {
        return Ok(true);
    }
    // Some engines answer so to whatever fails, too.
    Ok(inner.find(id).await?.runs())
}
