//! What a new session can be made of.

use leptos::prelude::*;

use crate::model::agent::Choices;
use crate::model::error::ApiError;

/// What a new session can be made of.
///
/// # Errors
/// As the service behind it.
#[server(name = SessionChoicesCall, prefix = "/rpc", endpoint = "session/choices", input = server_fn::codec::Json)]
pub async fn session_choices() -> Result<Choices, ApiError> {
    crate::api::call(async |context, actor| context.sessions.choices(&actor).await).await
}
