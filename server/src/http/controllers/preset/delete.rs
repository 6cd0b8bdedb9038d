//! `DELETE /api/presets/{id}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{Failures, NotFound};
use crate::http::{HttpError, SignedIn};

/// Deletes a preset; sessions that were made with it keep their tabs
#[utoipa::path(
    delete,
    path = "/api/presets/{id}",
    tag = "sessions",
    params(("id" = String, Path, description = "The preset's id")),
    responses((status = 204, description = "It is gone"), NotFound, Failures)
)]
pub async fn delete(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, HttpError> {
    app.sessions.delete_preset(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
