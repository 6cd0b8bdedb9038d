//! Deletes a session with all its files; returns when nothing of it is left.

use leptos::prelude::*;
use protocol::SessionId;

use crate::model::error::ApiError;

/// Deletes a session with all its files; returns when nothing of it is left.
///
/// # Errors
/// As the service behind it.
#[server(name = DeleteSessionCall, prefix = "/rpc", endpoint = "session/delete", input = server_fn::codec::Json)]
pub async fn delete_session(id: SessionId) -> Result<(), ApiError> {
    crate::api::call(async |context, actor| context.sessions.delete(&actor, &id).await).await
}
