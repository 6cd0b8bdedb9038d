//! What a server that starts finds: rows that say how far each session had come, and containers that
//! outlived the last server. Rows and containers are brought together before the first request.
//!
//! - A container whose session has no row, or has the container that its row names beside this one, is removed; but
//!   none is when there is no row at all, which means that this is another database.
//! - A row in the middle of something goes on with it; effects may be repeated.
//! - A row that says running is adopted while its container lives, else it fails with the cause.
//! - A row at rest whose container runs all the same (a cleanup was cut short) has it stopped.

use std::sync::Arc;
use std::time::Duration;

use protocol::{ContainerId, SessionId};
use runtime::{Away, Survey};

use crate::database::DatabaseError;
use crate::sessions::context::Context;
use crate::sessions::inventory::{self, Inventory, Misfit, is_at_rest};
use crate::sessions::owner::Command;
use crate::sessions::stage;

/// Brings rows and containers together; see the module.
pub(super) async fn reconcile(context: &Arc<Context>) -> Result<(), DatabaseError> {
    let rows = context.database.sessions().await?;
    let Survey { containers, away } = inventory::survey(&*context.runtime).await;
    for Away { runtime, error } in away {
        // Sessions whose container can't be watched will say so themselves.
        tracing::error!(runtime, %error, "its containers could not be listed; none of them was removed");
    }
    // Only what is listed is touched: a container that is not may be with a driver that is away.
    let found = Inventory { rows, containers };
    settle(context, &found).await;
    let rows = found.rows;
    for row in rows.iter().filter(|row| !is_at_rest(&row.state)) {
        tracing::info!(session = %row.id, state = row.state.word(), "taking up a session");
        context.pulse.note(row);
        if context.registry.send(context, &row.id, Command::Resume).is_err() {
            tracing::error!(session = %row.id, "a session could not be taken up");
        }
    }
    Ok(())
}

async fn settle(context: &Context, found: &Inventory) {
    if found.is_of_another_database() {
        tracing::error!(
            containers = found.containers.len(),
            "there are containers, but the database knows no session; they are left alone. Is it the right database?"
        );
        return;
    }
    for container in found.strays() {
        remove(context, &container.id, &container.session).await;
    }
    for (row, misfits) in found.misfits() {
        for misfit in misfits {
            match misfit {
                Misfit::Surplus(id) => remove(context, &id, &row.id).await,
                Misfit::Runs(id) => {
                    tracing::warn!(container = %id, session = %row.id, "stopping a container whose session is at rest");
                    // `stop` logs its own failure; the next start or delete of the session meets the container again.
                    let _ = stage::stop(context, Some(&id), Duration::ZERO).await;
                }
                // The owner of one that ran tells of it. One at rest may only miss a disk that comes back.
                Misfit::Gone(_) => {}
            }
        }
    }
}

async fn remove(context: &Context, id: &ContainerId, session: &SessionId) {
    tracing::warn!(container = %id, %session, "removing a container that belongs to no session");
    if let Err(error) = context.runtime.delete(id).await {
        tracing::error!(container = %id, %error, "a container that belongs to no session could not be removed");
    }
}
