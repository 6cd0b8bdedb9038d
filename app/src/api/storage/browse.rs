//! Lists a part of a folder.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::storage::{Browse, Listing};

/// Lists a part of a folder.
///
/// # Errors
/// As the service behind it.
#[server(name = BrowseFilesCall, prefix = "/rpc", endpoint = "storage/browse", input = server_fn::codec::Json)]
pub async fn browse_files(what: Browse) -> Result<Listing, ApiError> {
    crate::api::call(async |context, actor| context.storage.browse(&actor, what).await).await
}
