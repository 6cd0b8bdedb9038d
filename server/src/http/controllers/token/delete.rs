//! `DELETE /api/tokens/{id}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{Failures, NotFound};
use crate::http::{HttpError, SignedIn};

/// Revokes an API token, and ends what it has open
///
/// Not with an API token.
#[utoipa::path(
    delete,
    path = "/api/tokens/{id}",
    tag = "people",
    params(("id" = String, Path, description = "The token's id, from the list")),
    responses((status = 204, description = "Revoked"), NotFound, Failures)
)]
pub async fn delete(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, HttpError> {
    app.accounts.delete_token(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
