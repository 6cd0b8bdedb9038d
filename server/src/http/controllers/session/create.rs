//! `POST /api/sessions`

use app::model::session::{CreateSession, Session};
use axum::Json;
use axum::extract::State;
use http::{StatusCode, header};

use crate::app::App;
use crate::http::openapi::{BodyFailures, Failures, OverQuota};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Makes a session, not started
#[utoipa::path(
    post,
    path = "/api/sessions",
    tag = "sessions",
    request_body = CreateSession,
    responses(
        (status = 201, description = "The session", body = Session,
            headers(("location" = String, description = "Its address"))),
        OverQuota, BodyFailures, Failures
    )
)]
pub async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(new): JsonBody<CreateSession>,
) -> Result<(StatusCode, [(header::HeaderName, String); 1], Json<Session>), HttpError> {
    let session = app.sessions.create(&actor, new).await?;
    let location = format!("/api/sessions/{}", session.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(session)))
}
