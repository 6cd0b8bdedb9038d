//! `GET /api/sessions/{id}/status`

use std::collections::HashMap;

use app::backend::Actor;
use app::model::session::SessionState;
use app::model::usage::{Sample, Samples, SessionUsage};
use axum::Json;
use axum::extract::State;
use protocol::SessionId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::openapi::{Failures, NotFound};
use crate::http::{HttpError, Id, SignedIn};

/// A session's state and what it uses.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SessionStatus {
    pub id: String,
    pub state: SessionState,
    /// What it uses now; absent when it doesn't run, and for a few seconds after it began to.
    pub usage: Option<SessionUsage>,
    /// What it used before, the oldest first, with a sample every five seconds.
    pub samples: Samples,
}

impl From<(SessionId, SessionState)> for SessionStatus {
    fn from((id, state): (SessionId, SessionState)) -> Self {
        Self { id: id.to_string(), state, usage: None, samples: Samples::default() }
    }
}

impl SessionStatus {
    /// With what it uses, if that is among `usages`.
    pub(super) fn with(self, usages: &mut HashMap<String, (SessionUsage, Vec<Sample>)>) -> Self {
        match usages.remove(&self.id) {
            Some((usage, samples)) => Self { usage: Some(usage), samples: samples.into_iter().collect(), ..self },
            None => self,
        }
    }
}

/// What the actor's running sessions use, by their ids.
pub(super) fn usages(app: &App, actor: &Actor) -> HashMap<String, (SessionUsage, Vec<Sample>)> {
    app.sessions.usage(actor).into_iter().map(|(usage, samples)| (usage.id.to_string(), (usage, samples))).collect()
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
    let session = app.sessions.get(&actor, &id).await?;
    let status = SessionStatus::from((session.id, session.state));
    Ok(Json(status.with(&mut usages(&app, &actor))))
}
