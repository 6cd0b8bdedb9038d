//! Reads the person's preferences.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::preferences::Preferences;

/// The person's preferences.
///
/// # Errors
/// As the service behind it.
#[server(name = GetPreferencesCall, prefix = "/rpc", endpoint = "preferences/get", input = server_fn::codec::Json)]
pub async fn get_preferences() -> Result<Preferences, ApiError> {
    crate::api::call(async |context, actor| context.preferences.get(&actor).await).await
}
