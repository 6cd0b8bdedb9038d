//! `GET /api/setup/status`

use app::model::setup::SetupStatus;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::HttpError;
use crate::http::openapi::Failures;

/// Whether the server has an administrator
///
/// For everybody.
#[utoipa::path(
    get,
    path = "/api/setup/status",
    tag = "setup",
    security(()),
    responses((status = 200, description = "Whether it is set up", body = SetupStatus), Failures)
)]
pub async fn status(State(app): State<App>) -> Result<Json<SetupStatus>, HttpError> {
    Ok(Json(SetupStatus { is_set_up: app.auth.is_set_up().await? }))
}
