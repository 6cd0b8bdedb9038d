//! Puts the "getting started" folder into home.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::storage::At;

/// Puts the "getting started" folder into home.
///
/// # Errors
/// As the service behind it.
#[server(name = SeedFilesCall, prefix = "/rpc", endpoint = "storage/seed", input = server_fn::codec::Json)]
pub async fn seed_files() -> Result<At, ApiError> {
    crate::api::call(async |context, actor| context.storage.seed(&actor).await).await
}
