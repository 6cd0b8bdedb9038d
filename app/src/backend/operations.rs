//! The operations service.

use async_trait::async_trait;
use protocol::SessionId;

use crate::backend::Actor;
use crate::model::error::ApiError;
use crate::model::operations::{AnySession, Containers, DestroyById, Destroyed, Reconcile, Reconciled, RuntimeReport};

/// The whole server, for admins; FORBIDDEN for everybody else. Reading never wakes a container, and nothing here
/// ever makes one.
#[async_trait]
pub trait Operations: Send + Sync + 'static {
    /// Everybody's sessions, latest activity first.
    async fn sessions(&self, actor: &Actor) -> Result<Vec<AnySession>, ApiError>;
    /// One of them. NOT_FOUND.
    async fn session(&self, actor: &Actor, id: &SessionId) -> Result<AnySession, ApiError>;
    /// Every container that the runtime has, and the sessions that miss theirs. RUNTIME_UNAVAILABLE.
    async fn containers(&self, actor: &Actor) -> Result<Containers, ApiError>;
    /// What the runtime says of itself.
    async fn runtime(&self, actor: &Actor) -> Result<RuntimeReport, ApiError>;
    /// Stops or destroys what has exactly this id. NOT_FOUND; CONFLICT for a container that belongs to a session.
    async fn destroy(&self, actor: &Actor, which: DestroyById) -> Result<Destroyed, ApiError>;
    /// Removes containers without a session and marks sessions whose container is gone. What is in the middle of
    /// something is left alone. CONFLICT when the database knows no session at all and this is not forced.
    async fn reconcile(&self, actor: &Actor, how: Reconcile) -> Result<Reconciled, ApiError>;
}
