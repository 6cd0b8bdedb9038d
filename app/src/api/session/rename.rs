//! Gives a session another name.

use leptos::prelude::*;
use protocol::SessionId;

use crate::model::error::ApiError;
use crate::model::session::{RenameSession, Session};

/// Gives a session another name.
///
/// # Errors
/// As the service behind it.
#[server(name = RenameSessionCall, prefix = "/rpc", endpoint = "session/rename", input = server_fn::codec::Json)]
pub async fn rename_session(id: SessionId, to: RenameSession) -> Result<Session, ApiError> {
    crate::api::call(async |context, actor| context.sessions.rename(&actor, &id, to).await).await
}
