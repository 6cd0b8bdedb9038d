//! `GET /api/admin/sessions`

use app::model::operations::AnySession;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// Everybody's sessions with what they use, latest activity first; for administrators
#[utoipa::path(
    get,
    path = "/api/admin/sessions",
    tag = "admin",
    responses((status = 200, description = "The sessions", body = [AnySession]), Failures)
)]
pub async fn sessions(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<Vec<AnySession>>, HttpError> {
    Ok(Json(app.operations.sessions(&actor).await?))
}
