//! `DELETE /api/user/sessions`

use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// Signs every other browser out
///
/// Not with an API token.
#[utoipa::path(
    delete,
    path = "/api/user/sessions",
    tag = "people",
    responses((status = 204, description = "Signed out"), Failures)
)]
pub async fn end_sessions(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<StatusCode, HttpError> {
    app.accounts.end_other_browsers(&actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
