//! `POST /api/sessions/{id}/touch`

use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{Conflict, Failures, NotFound};
use crate::http::{HttpError, Id, SignedIn};

/// Keeps a running session awake, for as long as if somebody had typed now
#[utoipa::path(
    post,
    path = "/api/sessions/{id}/touch",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id")),
    responses((status = 204, description = "It stays awake"), NotFound, Conflict, Failures)
)]
pub async fn touch(State(app): State<App>, SignedIn(actor): SignedIn, Id(id): Id) -> Result<StatusCode, HttpError> {
    app.sessions.touch(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
