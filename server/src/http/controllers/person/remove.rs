//! `DELETE /api/users/{email}`

use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{Conflict, Failures, NotFound};
use crate::http::{HttpError, Named, SignedIn};

/// Removes a person: signs them out and stops their sessions; for administrators
#[utoipa::path(
    delete,
    path = "/api/users/{email}",
    tag = "admin",
    params(("email" = String, Path, description = "The person's email")),
    responses((status = 204, description = "Removed"), NotFound, Conflict, Failures)
)]
pub async fn remove(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Named(email): Named,
) -> Result<StatusCode, HttpError> {
    app.accounts.remove_person(&actor, &email).await?;
    Ok(StatusCode::NO_CONTENT)
}
