//! `POST /api/admin/reconcile`

use app::model::operations::{Reconcile, Reconciled};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Removes containers without a session and marks sessions whose container is gone; for administrators
///
/// What is in the middle of something is left alone. CONFLICT when there are containers and the database knows no
/// session at all, unless `force`.
#[utoipa::path(
    post,
    path = "/api/admin/reconcile",
    tag = "admin",
    request_body = Reconcile,
    responses(
        (status = 200, description = "What was mended, or would be", body = Reconciled),
        Conflict, BodyFailures, Failures
    )
)]
pub async fn reconcile(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(how): JsonBody<Reconcile>,
) -> Result<Json<Reconciled>, HttpError> {
    Ok(Json(app.operations.reconcile(&actor, how).await?))
}
