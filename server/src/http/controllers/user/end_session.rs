//! `DELETE /api/user/sessions/{id}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{Failures, NotFound};
use crate::http::{HttpError, SignedIn};

/// Signs one browser out, and ends what it has open
///
/// Not with an API token.
#[utoipa::path(
    delete,
    path = "/api/user/sessions/{id}",
    tag = "people",
    params(("id" = String, Path, description = "The browser's id, from the list")),
    responses((status = 204, description = "Signed out"), NotFound, Failures)
)]
pub async fn end_session(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, HttpError> {
    app.accounts.end_browser(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
