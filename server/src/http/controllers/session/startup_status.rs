//! `GET /api/sessions/{id}/startup-status`

use app::model::session::{SessionState, StageTime};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::openapi::{Failures, NotFound};
use crate::http::{HttpError, Id, SignedIn};

/// How far a session's start is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StartupStatus {
    pub state: SessionState,
    /// Percent.
    #[schema(maximum = 100)]
    pub progress: u8,
    /// Its last start's stages that are over, with how long each took.
    pub stages: Vec<StageTime>,
    /// Milliseconds the last start took, once it was ready.
    pub ready_ms: Option<u32>,
}

/// How far a session's start is, stage by stage; wakes nothing
#[utoipa::path(
    get,
    path = "/api/sessions/{id}/startup-status",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id")),
    responses((status = 200, description = "Its start", body = StartupStatus), NotFound, Failures)
)]
pub async fn startup_status(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Id(id): Id,
) -> Result<Json<StartupStatus>, HttpError> {
    let session = app.sessions.get(&actor, &id).await?;
    let progress = session.state.progress();
    Ok(Json(StartupStatus { state: session.state, progress, stages: session.start, ready_ms: session.ready_ms }))
}
