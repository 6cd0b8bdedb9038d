//! `GET /api/storage/stats`

use app::model::storage::Stats;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// How much your home and your trash hold
#[utoipa::path(get, path = "/api/storage/stats", tag = "storage", responses((status = 200, body = Stats), Failures))]
pub async fn stats(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<Stats>, HttpError> {
    Ok(Json(app.storage.stats(&actor).await?))
}
