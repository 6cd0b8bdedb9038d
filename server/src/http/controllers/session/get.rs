//! `GET /api/sessions/{id}`

use app::model::session::Session;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{Failures, NotFound};
use crate::http::{HttpError, Id, SignedIn};

/// One session
#[utoipa::path(
    get,
    path = "/api/sessions/{id}",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id")),
    responses((status = 200, description = "The session", body = Session), NotFound, Failures)
)]
pub async fn get(State(app): State<App>, SignedIn(actor): SignedIn, Id(id): Id) -> Result<Json<Session>, HttpError> {
    Ok(Json(app.sessions.get(&actor, &id).await?))
}
