//! `POST /api/presets/{id}/apply`

use app::model::agent::ApplyPreset;
use app::model::terminal::Terminal;
use axum::Json;
use axum::extract::{Path, State};

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures, NotFound};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Opens a preset's tabs in a running session, each unless it is open already
#[utoipa::path(
    post,
    path = "/api/presets/{id}/apply",
    tag = "sessions",
    params(("id" = String, Path, description = "The preset's id")),
    request_body = ApplyPreset,
    responses(
        (status = 200, description = "The session's terminals", body = [Terminal]),
        NotFound, Conflict, BodyFailures, Failures
    )
)]
pub async fn apply(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    JsonBody(to): JsonBody<ApplyPreset>,
) -> Result<Json<Vec<Terminal>>, HttpError> {
    Ok(Json(app.sessions.apply_preset(&actor, &id, to).await?))
}
