//! `POST /api/admin/waitlist/{email}/approve`

use app::model::account::Invited;
use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{Conflict, Failures, NotFound};
use crate::http::{HttpError, Named, SignedIn};

/// Invites somebody who waits, and answers the link by which they choose a password; for administrators
#[utoipa::path(
    post,
    path = "/api/admin/waitlist/{email}/approve",
    tag = "admin",
    params(("email" = String, Path, description = "Their email")),
    responses((status = 201, description = "The person and their link", body = Invited), NotFound, Conflict, Failures)
)]
pub async fn approve(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Named(email): Named,
) -> Result<(StatusCode, Json<Invited>), HttpError> {
    let invited = app.accounts.approve(&actor, &email).await?;
    Ok((StatusCode::CREATED, Json(invited)))
}
