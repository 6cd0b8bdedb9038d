//! Begins to start a session and returns at once.

use leptos::prelude::*;
use protocol::SessionId;

use crate::model::error::ApiError;
use crate::model::session::{Session, StartSession};

/// Begins to start a session and returns at once.
///
/// # Errors
/// As the service behind it.
#[server(name = StartSessionCall, prefix = "/rpc", endpoint = "session/start", input = server_fn::codec::Json)]
pub async fn start_session(id: SessionId, how: StartSession) -> Result<Session, ApiError> {
    crate::api::call(async |context, actor| context.sessions.start(&actor, &id, how).await).await
}
