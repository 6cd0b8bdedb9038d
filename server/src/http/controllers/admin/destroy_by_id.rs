//! `POST /api/admin/destroy-by-id`

use app::model::operations::{DestroyById, Destroyed};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures, NotFound};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Stops or destroys the session, or the container without one, of exactly this id; for administrators
///
/// Never makes anything, and takes no part of an id for the whole.
#[utoipa::path(
    post,
    path = "/api/admin/destroy-by-id",
    tag = "admin",
    request_body = DestroyById,
    responses(
        (status = 200, description = "What it was and how far it is", body = Destroyed),
        NotFound, Conflict, BodyFailures, Failures
    )
)]
pub async fn destroy_by_id(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(which): JsonBody<DestroyById>,
) -> Result<Json<Destroyed>, HttpError> {
    Ok(Json(app.operations.destroy(&actor, which).await?))
}
