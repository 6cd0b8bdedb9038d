//! `POST /api/storage/mkdir`

use app::model::storage::MakeFolder;
use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures, NotFound};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Makes a folder
#[utoipa::path(
    post,
    path = "/api/storage/mkdir",
    tag = "storage",
    request_body = MakeFolder,
    responses((status = 201, description = "It is there"), NotFound, Conflict, BodyFailures, Failures)
)]
pub async fn mkdir(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(new): JsonBody<MakeFolder>,
) -> Result<StatusCode, HttpError> {
    app.storage.make_folder(&actor, new).await?;
    Ok(StatusCode::CREATED)
}
