//! What home holds.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::storage::Stats;

/// What home holds.
///
/// # Errors
/// As the service behind it.
#[server(name = FileStatsCall, prefix = "/rpc", endpoint = "storage/stats", input = server_fn::codec::Json)]
pub async fn file_stats() -> Result<Stats, ApiError> {
    crate::api::call(async |context, actor| context.storage.stats(&actor).await).await
}
