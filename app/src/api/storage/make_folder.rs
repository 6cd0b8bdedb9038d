//! Makes a folder.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::storage::MakeFolder;

/// Makes a folder.
///
/// # Errors
/// As the service behind it.
#[server(name = MakeFolderCall, prefix = "/rpc", endpoint = "storage/make_folder", input = server_fn::codec::Json)]
pub async fn make_folder(new: MakeFolder) -> Result<(), ApiError> {
    crate::api::call(async |context, actor| context.storage.make_folder(&actor, new).await).await
}
