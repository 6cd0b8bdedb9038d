//! `POST /api/sessions/{id}/start`

use app::model::session::{Session, StartSession};
use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::extract::Parameters;
use crate::http::openapi::{Conflict, Failures, NotFound, OverQuota};
use crate::http::{HttpError, Id, SignedIn};

/// Begins to start a session, and answers at once; changes nothing for one that starts or runs
#[utoipa::path(
    post,
    path = "/api/sessions/{id}/start",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id"), StartSession),
    responses((status = 202, description = "It starts, or runs", body = Session), NotFound, Conflict, OverQuota, Failures)
)]
pub async fn start(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Id(id): Id,
    Parameters(how): Parameters<StartSession>,
) -> Result<(StatusCode, Json<Session>), HttpError> {
    Ok((StatusCode::ACCEPTED, Json(app.sessions.start(&actor, &id, how).await?)))
}
