//! `POST /api/storage/upload/complete`

use app::model::storage::{Stored, ThisUpload};
use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures, NotFound};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Puts a file in its place whose parts are all here
#[utoipa::path(
    post,
    path = "/api/storage/upload/complete",
    tag = "storage",
    request_body = ThisUpload,
    responses((status = 201, description = "It is there, whole", body = Stored), NotFound, Conflict, BodyFailures, Failures)
)]
pub async fn complete(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(which): JsonBody<ThisUpload>,
) -> Result<(StatusCode, Json<Stored>), HttpError> {
    Ok((StatusCode::CREATED, Json(app.storage.complete_upload(&actor, &which.upload).await?)))
}
