//! `PATCH /api/presets/{id}`

use app::model::agent::{ChangePreset, Preset};
use axum::Json;
use axum::extract::{Path, State};

use crate::app::App;
use crate::http::openapi::{BodyFailures, Failures, NotFound};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Changes a preset; what is not sent stays
#[utoipa::path(
    patch,
    path = "/api/presets/{id}",
    tag = "sessions",
    params(("id" = String, Path, description = "The preset's id")),
    request_body = ChangePreset,
    responses((status = 200, description = "The preset", body = Preset), NotFound, BodyFailures, Failures)
)]
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    JsonBody(change): JsonBody<ChangePreset>,
) -> Result<Json<Preset>, HttpError> {
    Ok(Json(app.sessions.change_preset(&actor, &id, change).await?))
}
