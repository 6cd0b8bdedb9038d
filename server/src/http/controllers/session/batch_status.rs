//! `GET /api/sessions/batch-status`

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::status::{SessionStatus, usages};
use crate::app::App;
use crate::http::extract::Parameters;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// Ids that one request may name.
const MOST_IDS: usize = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Ids, separated by commas; all of your sessions without it. Those that don't exist are left out.
    ids: Option<String>,
}

/// The states of several sessions and what they use; wakes nothing
#[utoipa::path(
    get,
    path = "/api/sessions/batch-status",
    tag = "sessions",
    params(Which),
    responses((status = 200, description = "Their states", body = [SessionStatus]), Failures)
)]
pub async fn batch_status(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Parameters(which): Parameters<Which>,
) -> Result<Json<Vec<SessionStatus>>, HttpError> {
    let wanted: Option<HashSet<&str>> = which.ids.as_deref().map(|ids| ids.split(',').collect());
    if wanted.as_ref().is_some_and(|ids| ids.len() > MOST_IDS) {
        return Err(HttpError::malformed(format!("At most {MOST_IDS} ids at once.")));
    }
    let sessions = app.sessions.states(&actor).await?.into_iter();
    let is_wanted = |id: &str| wanted.as_ref().is_none_or(|ids| ids.contains(id));
    let mut usages = usages(&app, &actor);
    let statuses = sessions.filter(|(id, _)| is_wanted(id.as_str())).map(SessionStatus::from);
    Ok(Json(statuses.map(|status| status.with(&mut usages)).collect()))
}
