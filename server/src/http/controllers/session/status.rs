//! `GET /api/sessions/{id}/status`

use app::model::session::{Session, SessionState};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::openapi::{Failures, NotFound};
use crate::http::{HttpError, Id, SignedIn};

/// A session's state and nothing else.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SessionStatus {
    pub id: String,
    pub state: SessionState,
}

impl From<Session> for SessionStatus {
    fn from(session: Session) -> Self {
        Self { id: session.id.to_string(), state: session.state }
    }
}

/// A session's state; wakes nothing
#[utoipa::path(
    get,
    path = "/api/sessions/{id}/status",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id")),
    responses((status = 200, description = "Its state", body = SessionStatus), NotFound, Failures)
)]
pub async fn status(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Id(id): Id,
) -> Result<Json<SessionStatus>, HttpError> {
    Ok(Json(app.sessions.get(&actor, &id).await?.into()))
}
