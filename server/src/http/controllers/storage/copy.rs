//! `POST /api/storage/copy`

use app::model::storage::{Outcome, Relocate};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Failures};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Copies things, folders with all that is in them
#[utoipa::path(
    post,
    path = "/api/storage/copy",
    tag = "storage",
    request_body = Relocate,
    responses((status = 200, description = "What was done, and what was not", body = Outcome), BodyFailures, Failures)
)]
pub async fn copy(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(what): JsonBody<Relocate>,
) -> Result<Json<Outcome>, HttpError> {
    Ok(Json(app.storage.copy(&actor, what).await?))
}
