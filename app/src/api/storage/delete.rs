//! Puts into the trash, or removes from it.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::storage::{Delete, Outcome};

/// Puts into the trash, or removes from it.
///
/// # Errors
/// As the service behind it.
#[server(name = DeleteFilesCall, prefix = "/rpc", endpoint = "storage/delete", input = server_fn::codec::Json)]
pub async fn delete_files(what: Delete) -> Result<Outcome, ApiError> {
    crate::api::call(async |context, actor| context.storage.delete(&actor, what).await).await
}
