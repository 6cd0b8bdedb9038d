//! `PATCH /api/preferences`

use app::model::preferences::{ChangePreferences, Preferences};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Changes some of what the person prefers; fields that are not sent stay
#[utoipa::path(
    patch,
    path = "/api/preferences",
    tag = "people",
    request_body = Preferences,
    responses(
        (status = 200, description = "All preferences", body = Preferences),
        Conflict, BodyFailures, Failures
    )
)]
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(change): JsonBody<ChangePreferences>,
) -> Result<Json<Preferences>, HttpError> {
    Ok(Json(app.preferences.change(&actor, change).await?))
}
