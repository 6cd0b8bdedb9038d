//! `GET /api/sessions/choices`

use app::model::agent::Choices;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// What a new session can be made of: agents, tiers, runtimes and presets
#[utoipa::path(
    get,
    path = "/api/sessions/choices",
    tag = "sessions",
    responses((status = 200, description = "All of it", body = Choices), Failures)
)]
pub async fn choices(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<Choices>, HttpError> {
    Ok(Json(app.sessions.choices(&actor).await?))
}
