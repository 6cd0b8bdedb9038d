//! Takes out of the trash.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::storage::{Outcome, Restore};

/// Takes out of the trash.
///
/// # Errors
/// As the service behind it.
#[server(name = RestoreFilesCall, prefix = "/rpc", endpoint = "storage/restore", input = server_fn::codec::Json)]
pub async fn restore_files(what: Restore) -> Result<Outcome, ApiError> {
    crate::api::call(async |context, actor| context.storage.restore(&actor, what).await).await
}
