//! `POST /api/setup/configure`

use app::model::setup::{SetupAnswers, SetupOutcome};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures};
use crate::http::{HttpError, JsonBody, SetupCaller, configure as run};

/// Does what the answers say
///
/// With the setup token among them before the server is set up, later in an administrator's browser. The same
/// answers again do no harm. CONFLICT while somebody else is at it; 5 a minute.
#[utoipa::path(
    post,
    path = "/api/setup/configure",
    tag = "setup",
    request_body = SetupAnswers,
    responses(
        (status = 200, description = "What was done, up to what could not be", body = SetupOutcome),
        Conflict, BodyFailures, Failures
    )
)]
pub async fn configure(
    State(app): State<App>,
    caller: SetupCaller,
    JsonBody(answers): JsonBody<SetupAnswers>,
) -> Result<Json<SetupOutcome>, HttpError> {
    let setter = caller.setter(&app, &answers.token).await?;
    let outcome = run(&app, setter, answers, caller.address).await?;
    outcome.map(|(outcome, _)| Json(outcome)).map_err(HttpError::from)
}
