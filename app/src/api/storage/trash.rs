//! What is in the trash.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::storage::Trashed;

/// What is in the trash.
///
/// # Errors
/// As the service behind it.
#[server(name = ListTrashCall, prefix = "/rpc", endpoint = "storage/trash", input = server_fn::codec::Json)]
pub async fn list_trash() -> Result<Vec<Trashed>, ApiError> {
    crate::api::call(async |context, actor| context.storage.trash(&actor).await).await
}
