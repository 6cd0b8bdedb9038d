//! `GET /api/storage/search`

use app::model::storage::{Search, SearchResults};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Failures, NotFound};
use crate::http::{HttpError, Parameters, SignedIn};

/// Looks for names, in a folder and all folders in it
#[utoipa::path(get, path = "/api/storage/search", tag = "storage", params(Search), responses((status = 200, body = SearchResults), NotFound, BodyFailures, Failures))]
pub async fn search(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Parameters(what): Parameters<Search>,
) -> Result<Json<SearchResults>, HttpError> {
    Ok(Json(app.storage.search(&actor, what).await?))
}
