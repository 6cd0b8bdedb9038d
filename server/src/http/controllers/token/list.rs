//! `GET /api/tokens`

use app::model::account::ApiToken;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// The person's API tokens, latest first
///
/// Not with an API token.
#[utoipa::path(
    get,
    path = "/api/tokens",
    tag = "people",
    responses((status = 200, description = "The tokens, without their secrets", body = [ApiToken]), Failures)
)]
pub async fn list(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<Vec<ApiToken>>, HttpError> {
    Ok(Json(app.accounts.tokens(&actor).await?))
}
