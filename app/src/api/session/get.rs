//! Reads one session.

use leptos::prelude::*;
use protocol::SessionId;

use crate::model::error::ApiError;
use crate::model::session::Session;

/// Reads one session.
///
/// # Errors
/// As the service behind it.
#[server(name = GetSessionCall, prefix = "/rpc", endpoint = "session/get", input = server_fn::codec::Json)]
pub async fn get_session(id: SessionId) -> Result<Session, ApiError> {
    crate::api::call(async |context, actor| context.sessions.get(&actor, &id).await).await
}
