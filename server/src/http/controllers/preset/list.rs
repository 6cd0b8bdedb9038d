//! `GET /api/presets`

use app::model::agent::Preset;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// Your presets of terminals, by name
#[utoipa::path(
    get,
    path = "/api/presets",
    tag = "sessions",
    responses((status = 200, description = "The presets", body = [Preset]), Failures)
)]
pub async fn list(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<Vec<Preset>>, HttpError> {
    Ok(Json(app.sessions.presets(&actor).await?))
}
