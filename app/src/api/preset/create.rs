//! Makes a preset of terminals.

use leptos::prelude::*;

use crate::model::agent::{CreatePreset, Preset};
use crate::model::error::ApiError;

/// Makes a preset of terminals.
///
/// # Errors
/// As the service behind it.
#[server(name = CreatePresetCall, prefix = "/rpc", endpoint = "preset/create", input = server_fn::codec::Json)]
pub async fn create_preset(new: CreatePreset) -> Result<Preset, ApiError> {
    crate::api::call(async |context, actor| context.sessions.create_preset(&actor, new).await).await
}
