//! Changes some of the person's preferences.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::preferences::{ChangePreferences, Preferences};

/// Changes some preferences, and answers all of them.
///
/// # Errors
/// As the service behind it.
#[server(name = ChangePreferencesCall, prefix = "/rpc", endpoint = "preferences/change", input = server_fn::codec::Json)]
pub async fn change_preferences(change: ChangePreferences) -> Result<Preferences, ApiError> {
    crate::api::call(async |context, actor| context.preferences.change(&actor, change).await).await
}
