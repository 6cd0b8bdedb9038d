//! `POST /api/storage/delete`

use app::model::storage::{Delete, Outcome};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Failures};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Puts things into the trash, or removes them from it for ever
#[utoipa::path(
    post,
    path = "/api/storage/delete",
    tag = "storage",
    request_body = Delete,
    responses((status = 200, description = "What was done, and what was not", body = Outcome), BodyFailures, Failures)
)]
pub async fn delete(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(what): JsonBody<Delete>,
) -> Result<Json<Outcome>, HttpError> {
    Ok(Json(app.storage.delete(&actor, what).await?))
}
