//! `GET /api/setup/prefill`

use app::model::setup::SetupAnswers;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, Parameters, SetupCaller};
use crate::setup;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Query {
    token: String,
}

/// The wizard's answers as they are now
///
/// With the setup token before the server is set up, later in an administrator's browser. Secrets are empty.
#[utoipa::path(
    get,
    path = "/api/setup/prefill",
    tag = "setup",
    params(("token" = Option<String>, Query, description = "The setup token")),
    responses((status = 200, description = "The answers", body = SetupAnswers), Failures)
)]
pub async fn prefill(
    State(app): State<App>,
    caller: SetupCaller,
    Parameters(query): Parameters<Query>,
) -> Result<Json<SetupAnswers>, HttpError> {
    caller.setter(&app, &query.token).await?;
    Ok(Json(setup::prefill(&app, None)))
}
