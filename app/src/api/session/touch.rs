//! Keeps a session awake.

use leptos::prelude::*;
use protocol::SessionId;

use crate::model::error::ApiError;

/// Keeps a session awake.
///
/// # Errors
/// As the service behind it.
#[server(name = TouchSessionCall, prefix = "/rpc", endpoint = "session/touch", input = server_fn::codec::Json)]
pub async fn touch_session(id: SessionId) -> Result<(), ApiError> {
    crate::api::call(async |context, actor| context.sessions.touch(&actor, &id).await).await
}
