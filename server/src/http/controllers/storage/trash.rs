//! `GET /api/storage/trash`

use app::model::storage::Trashed;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// What you deleted in the last thirty days, latest first
#[utoipa::path(get, path = "/api/storage/trash", tag = "storage", responses((status = 200, body = Vec<Trashed>), Failures))]
pub async fn trash(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<Vec<Trashed>>, HttpError> {
    Ok(Json(app.storage.trash(&actor).await?))
}
