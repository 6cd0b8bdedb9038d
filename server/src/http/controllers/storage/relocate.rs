//! `POST /api/storage/move`

use app::model::storage::{Outcome, Relocate};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Failures};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Moves or renames things; one's failure is not another's
#[utoipa::path(
    post,
    path = "/api/storage/move",
    tag = "storage",
    request_body = Relocate,
    responses((status = 200, description = "What was done, and what was not", body = Outcome), BodyFailures, Failures)
)]
pub async fn relocate(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(what): JsonBody<Relocate>,
) -> Result<Json<Outcome>, HttpError> {
    Ok(Json(app.storage.relocate(&actor, what).await?))
}
