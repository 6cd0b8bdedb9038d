//! Ends a terminal's programs.

use leptos::prelude::*;
use protocol::{SessionId, TerminalId};

use crate::model::error::ApiError;

/// Ends a terminal's programs.
///
/// # Errors
/// As the service behind it.
#[server(name = CloseTerminalCall, prefix = "/rpc", endpoint = "terminal/close", input = server_fn::codec::Json)]
pub async fn close_terminal(session: SessionId, terminal: TerminalId) -> Result<(), ApiError> {
    crate::api::call(async |context, actor| context.sessions.close_terminal(&actor, &session, terminal).await).await
}
