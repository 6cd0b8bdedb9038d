//! Stops a session, then starts it; returns at once.

use leptos::prelude::*;
use protocol::SessionId;

use crate::model::error::ApiError;
use crate::model::session::{Session, StartSession};

/// Stops a session, then starts it; returns at once.
///
/// # Errors
/// As the service behind it.
#[server(name = RestartSessionCall, prefix = "/rpc", endpoint = "session/restart", input = server_fn::codec::Json)]
pub async fn restart_session(id: SessionId, how: StartSession) -> Result<Session, ApiError> {
    crate::api::call(async |context, actor| context.sessions.restart(&actor, &id, how).await).await
}
