//! Lists the open terminals of a session; none when it doesn't run.

use leptos::prelude::*;
use protocol::SessionId;

use crate::model::error::ApiError;
use crate::model::terminal::Terminal;

/// Lists the open terminals of a session; none when it doesn't run.
///
/// # Errors
/// As the service behind it.
#[server(name = ListTerminalsCall, prefix = "/rpc", endpoint = "terminal/list", input = server_fn::codec::Json)]
pub async fn list_terminals(session: SessionId) -> Result<Vec<Terminal>, ApiError> {
    crate::api::call(async |context, actor| context.sessions.terminals(&actor, &session).await).await
}
