//! `GET /api/admin/waitlist`

use app::model::waitlist::Waiting;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// Everybody who waits to be let in, longest first; for administrators
#[utoipa::path(
    get,
    path = "/api/admin/waitlist",
    tag = "admin",
    responses((status = 200, description = "Who waits", body = [Waiting]), Failures)
)]
pub async fn list(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<Vec<Waiting>>, HttpError> {
    Ok(Json(app.accounts.waitlist(&actor).await?))
}
