//! Copies.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::storage::{Outcome, Relocate};

/// Copies.
///
/// # Errors
/// As the service behind it.
#[server(name = CopyFilesCall, prefix = "/rpc", endpoint = "storage/copy", input = server_fn::codec::Json)]
pub async fn copy_files(what: Relocate) -> Result<Outcome, ApiError> {
    crate::api::call(async |context, actor| context.storage.copy(&actor, what).await).await
}
