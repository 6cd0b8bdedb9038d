//! What a server that starts finds: rows that say how far each session had come, and containers that
//! outlived the last server. Rows and containers are brought together before the first request.
//!
//! - A container whose session has no row, or that isn't the one its session's row names, is removed; but none
//!   is when there is no row at all, which means that this is another database.
//! - A row in the middle of something goes on with it; effects may be repeated.
//! - A row that says running is adopted while its container lives, else it fails with the cause.
//! - A row at rest whose container runs all the same (a cleanup was cut short) has it stopped.

use std::sync::Arc;

use app::model::session::SessionState;
use runtime::{Container, ContainerState};

use crate::database::{DatabaseError, StoredSession};
use crate::sessions::context::Context;
use crate::sessions::owner::Command;
use crate::sessions::stage;

/// Brings rows and containers together; see the module.
pub(super) async fn reconcile(context: &Arc<Context>) -> Result<(), DatabaseError> {
    let rows = context.database.sessions().await?;
    match context.runtime.list().await {
        // Every container had its row first, so that none has one means another database: a new one, or an
        // older copy. Files are not removed on such a word.
        Ok(containers) if rows.is_empty() && !containers.is_empty() => {
            tracing::error!(
                containers = containers.len(),
                "there are containers, but the database knows no session; they are left alone. Is it the right database?"
            );
        }
        Ok(containers) => {
            for container in &containers {
                settle(context, &rows, container).await;
            }
        }
        // Sessions whose container can't be watched will say so themselves.
        Err(error) => tracing::error!(%error, "the containers could not be listed; none was removed"),
    }
    for row in rows.iter().filter(|row| !is_at_rest(&row.state)) {
        tracing::info!(session = %row.id, state = row.state.word(), "taking up a session");
        if context.registry.send(context, &row.id, Command::Resume).is_err() {
            tracing::error!(session = %row.id, "a session could not be taken up");
        }
    }
    Ok(())
}

async fn settle(context: &Context, rows: &[StoredSession], container: &Container) {
    let row = rows.iter().find(|row| row.id == container.session);
    // A row may not name its container yet: the crash came between making and recording it.
    let is_its_own = row.is_some_and(|row| row.container.as_ref().is_none_or(|id| *id == container.id));
    let Some(row) = row.filter(|_| is_its_own) else {
        tracing::warn!(container = %container.id, session = %container.session, "removing a container that belongs to no session");
        if let Err(error) = context.runtime.delete(&container.id).await {
            tracing::error!(container = %container.id, %error, "a container that belongs to no session could not be removed");
        }
        return;
    };
    if is_at_rest(&row.state) && container.state == ContainerState::Running {
        tracing::warn!(container = %container.id, session = %row.id, "stopping a container whose session is at rest");
        // `stop` logs its own failure; the next start or delete of the session meets the container again.
        let _ = stage::stop(context, Some(&container.id), std::time::Duration::ZERO).await;
    }
}

fn is_at_rest(state: &SessionState) -> bool {
    matches!(state, SessionState::Created | SessionState::Stopped | SessionState::Failed { .. })
}
