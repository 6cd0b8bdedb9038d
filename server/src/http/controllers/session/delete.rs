//! `DELETE /api/sessions/{id}`

use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{Conflict, Failures, NotFound};
use crate::http::{HttpError, Id, SignedIn};

/// Deletes a session with all its files; answers when nothing of it is left
#[utoipa::path(
    delete,
    path = "/api/sessions/{id}",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id")),
    responses((status = 204, description = "It is gone"), NotFound, Conflict, Failures)
)]
pub async fn delete(State(app): State<App>, SignedIn(actor): SignedIn, Id(id): Id) -> Result<StatusCode, HttpError> {
    app.sessions.delete(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
