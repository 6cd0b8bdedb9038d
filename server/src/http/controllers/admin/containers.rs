//! `GET /api/admin/containers`

use app::model::operations::Containers;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// What the runtime has, with what belongs to no session, and sessions whose container is gone; for administrators
#[utoipa::path(
    get,
    path = "/api/admin/containers",
    tag = "admin",
    responses((status = 200, description = "Containers, and sessions without one", body = Containers), Failures)
)]
pub async fn containers(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<Containers>, HttpError> {
    Ok(Json(app.operations.containers(&actor).await?))
}
