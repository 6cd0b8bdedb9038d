//! Looks for names.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::storage::{Search, SearchResults};

/// Looks for names.
///
/// # Errors
/// As the service behind it.
#[server(name = SearchFilesCall, prefix = "/rpc", endpoint = "storage/search", input = server_fn::codec::Json)]
pub async fn search_files(what: Search) -> Result<SearchResults, ApiError> {
    crate::api::call(async |context, actor| context.storage.search(&actor, what).await).await
}
