//! `POST /api/storage/upload/initiate`

use app::model::storage::{BeginUpload, Upload};
use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures, NotFound};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Begins a file that comes in parts; without another part nothing is left of it within the hour
#[utoipa::path(
    post,
    path = "/api/storage/upload/initiate",
    tag = "storage",
    request_body = BeginUpload,
    responses((status = 201, description = "Send its parts now", body = Upload), NotFound, Conflict, BodyFailures, Failures)
)]
pub async fn initiate(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(new): JsonBody<BeginUpload>,
) -> Result<(StatusCode, Json<Upload>), HttpError> {
    Ok((StatusCode::CREATED, Json(app.storage.begin_upload(&actor, new).await?)))
}
