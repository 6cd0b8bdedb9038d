//! Sessions as administrators reach them: everybody's, by their exact ids. Who is one is for the caller to know.

use std::sync::Arc;
use std::time::Duration;

use app::backend::Actor;
use app::model::error::{ApiError, ErrorCode};
use app::model::operations::{DestroyAction, Mended, Reconcile, Usage};
use app::model::session::Session;
use futures::stream::{self, StreamExt as _};
use protocol::{ContainerId, SessionId};

use crate::database::{StoredSession, unavailable};
use crate::sessions::inventory::Inventory;
use crate::sessions::owner::Command;
use crate::sessions::service::{ANSWER_LIMIT, DELETE_LIMIT, SessionService, ask, no_such_session};
use crate::sessions::{mend, stage};

/// What a driver may take to say what a container uses. One that hangs must not hold up the list.
const USAGE_LIMIT: Duration = Duration::from_secs(2);
/// Containers that are asked at once.
const USAGES_AT_ONCE: usize = 16;

impl SessionService {
    /// Every session, latest activity first.
    pub(crate) async fn everybodys(&self) -> Result<Vec<StoredSession>, ApiError> {
        let mut rows = self.context.database.sessions().await.map_err(unavailable)?;
        rows.sort_by(|a, b| b.active_at.cmp(&a.active_at).then_with(|| a.id.cmp(&b.id)));
        Ok(rows)
    }

    /// One session, whoever's it is.
    pub(crate) async fn anybodys(&self, id: &SessionId) -> Result<StoredSession, ApiError> {
        self.context.database.session(id).await.map_err(unavailable)?.ok_or_else(no_such_session)
    }

    /// Rows and containers of this moment.
    pub(crate) async fn inventory(&self) -> Result<Inventory, ApiError> {
        mend::look(&self.context).await
    }

    /// What each of `rows` uses now, in their order.
    pub(crate) async fn usages(&self, rows: &[StoredSession]) -> Vec<Option<Usage>> {
        let asked: Vec<_> = rows.iter().map(|row| self.usage(row)).collect();
        stream::iter(asked).buffered(USAGES_AT_ONCE).collect().await
    }

    async fn usage(&self, row: &StoredSession) -> Option<Usage> {
        let id = row.container.as_ref().filter(|_| row.state == app::model::session::SessionState::Running)?;
        match tokio::time::timeout(USAGE_LIMIT, self.context.runtime.usage(id)).await {
            Ok(Ok(usage)) => {
                let runtime::Usage { cpu_micros, memory_bytes, pids, .. } = usage;
                Some(Usage { cpu_micros, memory_bytes, pids })
            }
            // It may have ended since its row was read.
            Ok(Err(error)) => {
                tracing::debug!(container = %id, %error, "what a container uses could not be told");
                None
            }
            Err(_) => {
                tracing::warn!(container = %id, limit = ?USAGE_LIMIT, "what a container uses could not be told in time");
                None
            }
        }
    }

    /// Begins to stop anybody's session; returns at once.
    pub(crate) async fn stop_anybodys(&self, by: &Actor, id: &SessionId) -> Result<Session, ApiError> {
        ask(&self.context, id, ANSWER_LIMIT, |reply| Command::Stop(by.clone(), reply)).await
    }

    /// Deletes anybody's session; returns when nothing of it is left.
    pub(crate) async fn delete_anybodys(&self, by: &Actor, id: &SessionId) -> Result<(), ApiError> {
        ask(&self.context, id, DELETE_LIMIT, |reply| Command::Delete(by.clone(), reply)).await
    }

    /// Stops or removes a container that belongs to no session.
    pub(crate) async fn destroy_container(
        &self,
        by: &Actor,
        id: &ContainerId,
        action: DestroyAction,
    ) -> Result<(), ApiError> {
        let found = self.inventory().await?;
        // From the list, and not by asking the driver for it: some take a part of an id for the whole.
        let container = found.containers.iter().find(|container| container.id == *id);
        let container = container.ok_or_else(|| ApiError::not_found("session or container"))?;
        if let (Some(row), _) = found.standing(container) {
            return Err(ApiError::conflict(format!(
                "This container belongs to session {}. Name the session instead; what it has too much is removed by \
                 bringing sessions and containers together.",
                row.id
            )));
        }
        let (context, by, container) = (Arc::clone(&self.context), by.clone(), container.clone());
        to_the_end(self.context.shutdown.spawn(async move {
            match action {
                DestroyAction::Destroy => mend::destroy_stray(&context, &by, &container).await,
                DestroyAction::Stop => {
                    let stopped = stage::stop(&context, Some(&container.id), stage::STOP_GRACE).await;
                    stopped.map_err(|cause| ApiError::new(ErrorCode::RuntimeUnavailable, stage::why(cause)))?;
                    let target = mend::target(&container.id, container.session.as_str());
                    context.audit.record(&by, "container.stopped", &target).await;
                    Ok(())
                }
            }
        }))
        .await
    }

    /// Brings rows and containers together.
    pub(crate) async fn mend(&self, by: &Actor, how: Reconcile) -> Result<Vec<Mended>, ApiError> {
        let (context, by) = (Arc::clone(&self.context), by.clone());
        to_the_end(self.context.shutdown.spawn(async move { mend::mend(&context, &by, how).await })).await
    }
}

/// Waits for what goes on also when whoever asked has gone, so that all of it comes into the audit log.
async fn to_the_end<T>(task: tokio::task::JoinHandle<Result<T, ApiError>>) -> Result<T, ApiError> {
    task.await.unwrap_or_else(|error| {
        tracing::error!(%error, "what an administrator asked for broke off");
        Err(ApiError::internal())
    })
}
