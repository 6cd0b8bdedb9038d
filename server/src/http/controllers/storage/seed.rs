//! `POST /api/storage/seed/getting-started`

use app::model::storage::At;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, SignedIn};

/// Puts the "getting started" folder into your home, unless it is there
#[utoipa::path(post, path = "/api/storage/seed/getting-started", tag = "storage", responses((status = 200, description = "Where it is", body = At), Failures))]
pub async fn seed(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Json<At>, HttpError> {
    Ok(Json(app.storage.seed(&actor).await?))
}
