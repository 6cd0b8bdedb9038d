//! Deletes a preset of terminals.

use leptos::prelude::*;

use crate::model::error::ApiError;

/// Deletes a preset of terminals.
///
/// # Errors
/// As the service behind it.
#[server(name = DeletePresetCall, prefix = "/rpc", endpoint = "preset/delete", input = server_fn::codec::Json)]
pub async fn delete_preset(id: String) -> Result<(), ApiError> {
    crate::api::call(async |context, actor| context.sessions.delete_preset(&actor, &id).await).await
}
