//! `GET /api/sessions`

use app::model::session::Session;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// Your sessions, latest activity first
#[utoipa::path(
    get,
    path = "/api/sessions",
    tag = "sessions",
    responses((status = 200, description = "Your sessions", body = [Session]), Failures)
)]
pub async fn list(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<Vec<Session>>, HttpError> {
    Ok(Json(app.sessions.list(&actor).await?))
}
