//! Makes a session like another, not started.

use leptos::prelude::*;
use protocol::SessionId;

use crate::model::error::ApiError;
use crate::model::session::Session;

/// Makes a session like another, not started.
///
/// # Errors
/// As the service behind it.
#[server(name = DuplicateSessionCall, prefix = "/rpc", endpoint = "session/duplicate", input = server_fn::codec::Json)]
pub async fn duplicate_session(id: SessionId) -> Result<Session, ApiError> {
    crate::api::call(async |context, actor| context.sessions.duplicate(&actor, &id).await).await
}
