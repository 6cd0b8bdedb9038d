//! `GET /api/terminal/{session}/status`

use app::model::terminal::Terminal;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::openapi::{Failures, NotFound};
use crate::http::{HttpError, Id, SignedIn};

/// A session's terminals.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Terminals {
    /// Those that are open; none when the session doesn't run.
    pub terminals: Vec<Terminal>,
}

/// A session's open terminals; wakes nothing
#[utoipa::path(
    get,
    path = "/api/terminal/{address}/status",
    tag = "terminals",
    params(("address" = String, Path, description = "The session's id")),
    responses((status = 200, description = "Its terminals", body = Terminals), NotFound, Failures)
)]
pub async fn status(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Id(id): Id,
) -> Result<Json<Terminals>, HttpError> {
    Ok(Json(Terminals { terminals: app.sessions.terminals(&actor, &id).await? }))
}
