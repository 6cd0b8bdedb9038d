//! `GET /api/storage/browse`

use app::model::storage::{Browse, Listing};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Failures, NotFound};
use crate::http::{HttpError, Parameters, SignedIn};

/// Lists a part of a folder: folders first
#[utoipa::path(get, path = "/api/storage/browse", tag = "storage", params(Browse), responses((status = 200, body = Listing), NotFound, BodyFailures, Failures))]
pub async fn browse(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Parameters(what): Parameters<Browse>,
) -> Result<Json<Listing>, HttpError> {
    Ok(Json(app.storage.browse(&actor, what).await?))
}
