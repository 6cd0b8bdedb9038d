//! `PATCH /api/sessions/{id}`

use app::model::session::{RenameSession, Session};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Failures, NotFound};
use crate::http::{HttpError, Id, JsonBody, SignedIn};

/// Renames a session
#[utoipa::path(
    patch,
    path = "/api/sessions/{id}",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id")),
    request_body = RenameSession,
    responses((status = 200, description = "The session", body = Session), NotFound, BodyFailures, Failures)
)]
pub async fn rename(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Id(id): Id,
    JsonBody(to): JsonBody<RenameSession>,
) -> Result<Json<Session>, HttpError> {
    Ok(Json(app.sessions.rename(&actor, &id, to).await?))
}
