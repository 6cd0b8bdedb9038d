//! Begins to stop a session and returns at once.

use leptos::prelude::*;
use protocol::SessionId;

use crate::model::error::ApiError;
use crate::model::session::Session;

/// Begins to stop a session and returns at once.
///
/// # Errors
/// As the service behind it.
#[server(name = StopSessionCall, prefix = "/rpc", endpoint = "session/stop", input = server_fn::codec::Json)]
pub async fn stop_session(id: SessionId) -> Result<Session, ApiError> {
    crate::api::call(async |context, actor| context.sessions.stop(&actor, &id).await).await
}
