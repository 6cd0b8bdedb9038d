//! `POST /api/sessions/{id}/duplicate`

use app::model::session::Session;
use axum::Json;
use axum::extract::State;
use http::{StatusCode, header};

use crate::app::App;
use crate::http::openapi::{Failures, NotFound, OverQuota};
use crate::http::{HttpError, Id, SignedIn};

/// Makes a session like another, not started: of the same agent, tier and settings, with none of its files
#[utoipa::path(
    post,
    path = "/api/sessions/{id}/duplicate",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 201, description = "The new session", body = Session,
            headers(("location" = String, description = "Its address"))),
        NotFound, OverQuota, Failures
    )
)]
pub async fn duplicate(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Id(id): Id,
) -> Result<(StatusCode, [(header::HeaderName, String); 1], Json<Session>), HttpError> {
    let session = app.sessions.duplicate(&actor, &id).await?;
    let location = format!("/api/sessions/{}", session.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(session)))
}
