//! Changes a preset of terminals.

use leptos::prelude::*;

use crate::model::agent::{ChangePreset, Preset};
use crate::model::error::ApiError;

/// Changes a preset of terminals.
///
/// # Errors
/// As the service behind it.
#[server(name = ChangePresetCall, prefix = "/rpc", endpoint = "preset/change", input = server_fn::codec::Json)]
pub async fn change_preset(id: String, change: ChangePreset) -> Result<Preset, ApiError> {
    crate::api::call(async |context, actor| context.sessions.change_preset(&actor, &id, change).await).await
}
