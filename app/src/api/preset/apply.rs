//! Opens a preset's tabs in a running session.

use leptos::prelude::*;

use crate::model::agent::ApplyPreset;
use crate::model::error::ApiError;
use crate::model::terminal::Terminal;

/// Opens a preset's tabs in a running session.
///
/// # Errors
/// As the service behind it.
#[server(name = ApplyPresetCall, prefix = "/rpc", endpoint = "preset/apply", input = server_fn::codec::Json)]
pub async fn apply_preset(id: String, to: ApplyPreset) -> Result<Vec<Terminal>, ApiError> {
    crate::api::call(async |context, actor| context.sessions.apply_preset(&actor, &id, to).await).await
}
