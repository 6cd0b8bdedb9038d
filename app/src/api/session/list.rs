//! Lists the person's sessions, latest activity first.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::session::Session;

/// Lists the person's sessions, latest activity first.
///
/// # Errors
/// As the service behind it.
#[server(name = ListSessionsCall, prefix = "/rpc", endpoint = "session/list", input = server_fn::codec::Json)]
pub async fn list_sessions() -> Result<Vec<Session>, ApiError> {
    crate::api::call(async |context, actor| context.sessions.list(&actor).await).await
}
