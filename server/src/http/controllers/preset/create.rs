//! `POST /api/presets`

use app::model::agent::{CreatePreset, Preset};
use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures, NotFound, OverQuota};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Makes a preset of commands for tabs 2 to 6, or of what runs in a session now
#[utoipa::path(
    post,
    path = "/api/presets",
    tag = "sessions",
    request_body = CreatePreset,
    responses(
        (status = 201, description = "The preset", body = Preset),
        NotFound, Conflict, OverQuota, BodyFailures, Failures
    )
)]
pub async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(new): JsonBody<CreatePreset>,
) -> Result<(StatusCode, Json<Preset>), HttpError> {
    Ok((StatusCode::CREATED, Json(app.sessions.create_preset(&actor, new).await?)))
}
