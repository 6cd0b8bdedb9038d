//! Stops a container: asks, waits, then kills.

use std::sync::Arc;
use std::time::Duration;

use runtime::RuntimeError;
use tokio::time::{Instant, timeout, timeout_at};

use crate::child::failed;
use crate::container::{Container, Run};

/// Between two requests to end. An init that has not yet set up its handler never sees the first: the
/// kernel drops what pid 1 of a namespace doesn't handle.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// How long a killed container may take to be gone. The kernel frees its memory meanwhile, which
/// takes a second for each few GiB.
const KILL_LIMIT: Duration = Duration::from_secs(10);

pub(super) async fn run(container: Arc<Container>, grace: Duration) -> Result<(), RuntimeError> {
    let removed = container.operation.lock().await;
    if *removed {
        return Err(RuntimeError::NotFound(container.record.id.clone()));
    }
    end(&container, grace).await
}

/// Ends its run, if it has one, and returns when nothing of it is left. The caller holds its
/// operation lock.
pub(super) async fn end(container: &Container, grace: Duration) -> Result<(), RuntimeError> {
    let Some(run) = container.run() else {
        return Ok(());
    };
    run.expect_end();
    let until = Instant::now() + grace;
    while Instant::now() < until {
        run.init.signal(libc::SIGTERM).map_err(|error| failed("ask a container to end", error))?;
        if timeout_at(until, timeout(ASK_AGAIN, container.ended())).await.is_ok_and(|asked| asked.is_ok()) {
            return Ok(());
        }
    }
    kill(&run)?;
    timeout(KILL_LIMIT, container.ended())
        .await
        .map(drop)
        .map_err(|_| RuntimeError::Timeout { what: "killing a container", seconds: KILL_LIMIT.as_secs() })
}

/// Kills init; the kernel takes all that is in its pid namespace along.
pub(super) fn kill(run: &Run) -> Result<(), RuntimeError> {
    run.init.signal(libc::SIGKILL).map_err(|error| failed("kill a container", error))
}
