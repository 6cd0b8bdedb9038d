//! `POST /api/storage/restore`

use app::model::storage::{Outcome, Restore};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Failures};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Takes things out of the trash, to where they were
#[utoipa::path(
    post,
    path = "/api/storage/restore",
    tag = "storage",
    request_body = Restore,
    responses((status = 200, description = "What was done, and what was not", body = Outcome), BodyFailures, Failures)
)]
pub async fn restore(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(what): JsonBody<Restore>,
) -> Result<Json<Outcome>, HttpError> {
    Ok(Json(app.storage.restore(&actor, what).await?))
}
