//! `POST /api/storage/upload/abort`

use app::model::storage::ThisUpload;
use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures, NotFound};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Forgets a file that came in parts
#[utoipa::path(
    post,
    path = "/api/storage/upload/abort",
    tag = "storage",
    request_body = ThisUpload,
    responses((status = 204, description = "Nothing is left of it"), NotFound, Conflict, BodyFailures, Failures)
)]
pub async fn abort(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(which): JsonBody<ThisUpload>,
) -> Result<StatusCode, HttpError> {
    app.storage.abort_upload(&actor, &which.upload).await?;
    Ok(StatusCode::NO_CONTENT)
}
