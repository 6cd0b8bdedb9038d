//! `GET /api/admin/runtime`

use app::model::operations::RuntimeReport;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// The container runtime: whether it works, and what it enforces here and what it can't; for administrators
#[utoipa::path(
    get,
    path = "/api/admin/runtime",
    tag = "admin",
    responses((status = 200, description = "The runtime", body = RuntimeReport), Failures)
)]
pub async fn runtime(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<RuntimeReport>, HttpError> {
    Ok(Json(app.operations.runtime(&actor).await?))
}
