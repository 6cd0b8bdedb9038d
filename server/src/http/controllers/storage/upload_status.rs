//! `GET /api/storage/upload/status`

use app::model::storage::{ThisUpload, Upload};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{Failures, NotFound};
use crate::http::{HttpError, Parameters, SignedIn};

/// Which parts of a file are here
#[utoipa::path(get, path = "/api/storage/upload/status", tag = "storage", params(ThisUpload), responses((status = 200, body = Upload), NotFound, Failures))]
pub async fn upload_status(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Parameters(which): Parameters<ThisUpload>,
) -> Result<Json<Upload>, HttpError> {
    Ok(Json(app.storage.upload(&actor, &which.upload).await?))
}
