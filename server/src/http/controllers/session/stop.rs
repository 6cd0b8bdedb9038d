//! `POST /api/sessions/{id}/stop`

use app::model::session::Session;
use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{Conflict, Failures, NotFound};
use crate::http::{HttpError, Id, SignedIn};

/// Begins to stop a session, and answers at once; its files stay
#[utoipa::path(
    post,
    path = "/api/sessions/{id}/stop",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id")),
    responses((status = 202, description = "It stops, or is stopped", body = Session), NotFound, Conflict, Failures)
)]
pub async fn stop(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Id(id): Id,
) -> Result<(StatusCode, Json<Session>), HttpError> {
    Ok((StatusCode::ACCEPTED, Json(app.sessions.stop(&actor, &id).await?)))
}
