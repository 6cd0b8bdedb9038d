//! `POST /api/sessions/{id}/restart`

use app::model::session::{Session, StartSession};
use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::extract::Parameters;
use crate::http::openapi::{Conflict, Failures, NotFound, OverQuota};
use crate::http::{HttpError, Id, SignedIn};

/// Stops a session, then starts it; answers at once
#[utoipa::path(
    post,
    path = "/api/sessions/{id}/restart",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id"), StartSession),
    responses((status = 202, description = "It will be running again", body = Session), NotFound, Conflict, OverQuota, Failures)
)]
pub async fn restart(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Id(id): Id,
    Parameters(how): Parameters<StartSession>,
) -> Result<(StatusCode, Json<Session>), HttpError> {
    Ok((StatusCode::ACCEPTED, Json(app.sessions.restart(&actor, &id, how).await?)))
}
