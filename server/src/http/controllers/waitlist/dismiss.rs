//! `DELETE /api/admin/waitlist/{email}`

use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{Failures, NotFound};
use crate::http::{HttpError, Named, SignedIn};

/// Takes somebody off the waitlist, who may ask again; for administrators
#[utoipa::path(
    delete,
    path = "/api/admin/waitlist/{email}",
    tag = "admin",
    params(("email" = String, Path, description = "Their email")),
    responses((status = 204, description = "They wait no more"), NotFound, Failures)
)]
pub async fn dismiss(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Named(email): Named,
) -> Result<StatusCode, HttpError> {
    app.accounts.dismiss(&actor, &email).await?;
    Ok(StatusCode::NO_CONTENT)
}
