//! Moves or renames.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::storage::{Outcome, Relocate};

/// Moves or renames.
///
/// # Errors
/// As the service behind it.
#[server(name = RelocateFilesCall, prefix = "/rpc", endpoint = "storage/relocate", input = server_fn::codec::Json)]
pub async fn relocate_files(what: Relocate) -> Result<Outcome, ApiError> {
    crate::api::call(async |context, actor| context.storage.relocate(&actor, what).await).await
}
