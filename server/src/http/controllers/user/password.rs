//! `POST /api/user/password`

use app::model::account::ChangePassword;
use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Failures};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Changes the password and signs every other browser out
///
/// Not with an API token.
#[utoipa::path(
    post,
    path = "/api/user/password",
    tag = "people",
    request_body = ChangePassword,
    responses((status = 204, description = "Changed"), BodyFailures, Failures)
)]
pub async fn password(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(change): JsonBody<ChangePassword>,
) -> Result<StatusCode, HttpError> {
    app.accounts.change_password(&actor, change).await?;
    Ok(StatusCode::NO_CONTENT)
}
