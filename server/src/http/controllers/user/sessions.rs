//! `GET /api/user/sessions`

use app::model::account::SignedInBrowser;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// The browsers that the person is signed in with, latest first
///
/// Not with an API token.
#[utoipa::path(
    get,
    path = "/api/user/sessions",
    tag = "people",
    responses((status = 200, description = "The browsers", body = [SignedInBrowser]), Failures)
)]
pub async fn sessions(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
) -> Result<Json<Vec<SignedInBrowser>>, HttpError> {
    Ok(Json(app.accounts.browsers(&actor).await?))
}
