//! Makes a session, not started.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::session::{CreateSession, Session};

/// Makes a session, not started.
///
/// # Errors
/// As the service behind it.
#[server(name = CreateSessionCall, prefix = "/rpc", endpoint = "session/create", input = server_fn::codec::Json)]
pub async fn create_session(new: CreateSession) -> Result<Session, ApiError> {
    crate::api::call(async |context, actor| context.sessions.create(&actor, new).await).await
}
