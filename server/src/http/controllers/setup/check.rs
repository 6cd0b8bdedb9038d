//! `POST /api/setup/check`

use app::model::setup::{CheckSetup, CheckedSetup};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Failures};
use crate::http::{HttpError, JsonBody, SetupCaller};
use crate::setup;

/// Looks at one step's answers, by trying what can be tried
///
/// With the setup token among the answers before the server is set up, later in an administrator's browser.
/// Changes nothing.
#[utoipa::path(
    post,
    path = "/api/setup/check",
    tag = "setup",
    request_body = CheckSetup,
    responses((status = 200, description = "What is to be said of them", body = CheckedSetup), BodyFailures, Failures)
)]
pub async fn check(
    State(app): State<App>,
    caller: SetupCaller,
    JsonBody(wanted): JsonBody<CheckSetup>,
) -> Result<Json<CheckedSetup>, HttpError> {
    let setter = caller.setter(&app, &wanted.answers.token).await?;
    Ok(Json(setup::check(&app, &setter, wanted.step, &wanted.answers).await?))
}
