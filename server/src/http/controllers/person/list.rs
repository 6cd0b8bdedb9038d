//! `GET /api/users`

use app::model::account::Person;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// Everybody, by email; for administrators
#[utoipa::path(
    get,
    path = "/api/users",
    tag = "admin",
    responses((status = 200, description = "The people", body = [Person]), Failures)
)]
pub async fn list(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<Vec<Person>>, HttpError> {
    Ok(Json(app.accounts.people(&actor).await?))
}
