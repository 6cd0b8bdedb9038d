//! `GET /api/user`

use app::model::account::Person;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// Whoever asks
#[utoipa::path(
    get,
    path = "/api/user",
    tag = "people",
    responses((status = 200, description = "The person", body = Person), Failures)
)]
pub async fn get(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<Person>, HttpError> {
    Ok(Json(app.accounts.me(&actor).await?))
}
