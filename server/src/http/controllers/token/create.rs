//! `POST /api/tokens`

use app::model::account::{CreateToken, CreatedToken};
use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Makes an API token; its secret is answered this once
///
/// Not with an API token.
#[utoipa::path(
    post,
    path = "/api/tokens",
    tag = "people",
    request_body = CreateToken,
    responses((status = 201, description = "The token and its secret", body = CreatedToken), Conflict, BodyFailures, Failures)
)]
pub async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(new): JsonBody<CreateToken>,
) -> Result<(StatusCode, Json<CreatedToken>), HttpError> {
    let created = app.accounts.create_token(&actor, new).await?;
    Ok((StatusCode::CREATED, Json(created)))
}
