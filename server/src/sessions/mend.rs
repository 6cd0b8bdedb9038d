//! Bringing rows and containers together while the server runs, because an administrator asked.
//!
//! A session's own containers are touched by its owner alone, which leaves them when it is in the middle of
//! something. Only containers whose session has no row, and so no owner, are removed from here.

use std::sync::Arc;

use app::backend::Actor;
use app::model::error::{ApiError, ErrorCode};
use app::model::operations::{Mend, Mended, Reconcile};
use protocol::ContainerId;
use runtime::{Container, RuntimeError};

use crate::database::{StoredSession, unavailable};
use crate::sessions::context::Context;
use crate::sessions::inventory::{self, Inventory, Misfit};
use crate::sessions::owner::Command;
use crate::sessions::service::{MEND_LIMIT, ask};
use crate::sessions::stage;

/// What there is. Containers first: each had its row before, so one that is listed and has no row by then has lost
/// its session.
pub(super) async fn look(context: &Context) -> Result<Inventory, ApiError> {
    let containers = inventory::list(&*context.runtime).await.map_err(|error| unlisted(&error))?;
    let rows = context.database.sessions().await.map_err(unavailable)?;
    Ok(Inventory { rows, containers })
}

/// Mends what there is to mend; see [`app::backend::Operations::reconcile`].
pub(super) async fn mend(context: &Arc<Context>, by: &Actor, how: Reconcile) -> Result<Vec<Mended>, ApiError> {
    let _one_at_a_time = context.mending.lock().await;
    let found = look(context).await?;
    if found.is_of_another_database() && !how.force {
        return Err(ApiError::conflict(format!(
            "There are {} containers, and the database knows no session at all: it is the wrong one, most likely, and \
             removing them would remove everybody's files. Nothing was changed. Force it if they are to go.",
            found.containers.len()
        )));
    }
    let mut mended = Vec::new();
    for container in found.strays() {
        mended.extend(remove_stray(context, by, container, how.dry_run).await);
    }
    for (row, misfits) in found.misfits() {
        if context.shutdown.is_begun() {
            break;
        }
        if how.dry_run {
            mended.extend(misfits.into_iter().map(|misfit| plan(row, misfit)));
            continue;
        }
        match ask(context, &row.id, MEND_LIMIT, |reply| Command::Mend(by.clone(), reply)).await {
            Ok(more) => mended.extend(more),
            // It was deleted meanwhile.
            Err(error) if error.code == ErrorCode::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(mended)
}

/// What is to be done about `misfit`.
pub(super) fn plan(row: &StoredSession, misfit: Misfit) -> Mended {
    let (what, container) = match misfit {
        Misfit::Surplus(id) => (Mend::ContainerRemoved, Some(id)),
        Misfit::Runs(id) => (Mend::ContainerStopped, Some(id)),
        Misfit::Gone(id) => (Mend::SessionFailed, id),
    };
    Mended { what, session: row.id.clone(), name: Some(row.name.clone()), container, failed: None }
}

/// Removes a container whose session has no row. None when it has gone by itself.
async fn remove_stray(context: &Context, by: &Actor, container: &Container, dry_run: bool) -> Option<Mended> {
    if context.shutdown.is_begun() {
        return None;
    }
    // Its session may have been deleted just now, the container with it.
    if let Err(RuntimeError::NotFound(_)) = context.runtime.inspect(&container.id).await {
        return None;
    }
    let failed = if dry_run { None } else { destroy_stray(context, by, container).await.err() };
    let (what, session) = (Mend::ContainerRemoved, container.session.clone());
    let failed = failed.map(|error| error.error);
    Some(Mended { what, session, name: None, container: Some(container.id.clone()), failed })
}

/// Removes a container that belongs to no session, files and all.
pub(super) async fn destroy_stray(context: &Context, by: &Actor, container: &Container) -> Result<(), ApiError> {
    tracing::warn!(container = %container.id, session = %container.session, "removing a container that belongs to no session");
    let removed = stage::remove(context, &container.id).await;
    removed.map_err(|error| ApiError::new(ErrorCode::RuntimeUnavailable, error.to_string()))?;
    context.audit.record(by, "container.removed", &target(&container.id, container.session.as_str())).await;
    Ok(())
}

/// A container and the session that it was made for, as the audit log names them.
pub(super) fn target(container: &ContainerId, session: &str) -> String {
    format!("{container} of {session}")
}

fn unlisted(error: &RuntimeError) -> ApiError {
    tracing::error!(%error, "the containers could not be listed");
    ApiError::new(ErrorCode::RuntimeUnavailable, format!("The runtime can't say which containers there are: {error}."))
}
