//! `GET /api/preferences`

use app::model::preferences::Preferences;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// What the person prefers
#[utoipa::path(
    get,
    path = "/api/preferences",
    tag = "people",
    responses((status = 200, description = "All preferences", body = Preferences), Failures)
)]
pub async fn get(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<Preferences>, HttpError> {
    Ok(Json(app.preferences.get(&actor).await?))
}
