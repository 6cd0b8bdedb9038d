//! `POST /api/users`

use app::model::account::{InvitePerson, Invited};
use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures};
use crate::http::{HttpError, JsonBody, SignedIn};

/// Adds a person, and answers the link by which they choose a password; for administrators
#[utoipa::path(
    post,
    path = "/api/users",
    tag = "admin",
    request_body = InvitePerson,
    responses((status = 201, description = "The person and their link", body = Invited), Conflict, BodyFailures, Failures)
)]
pub async fn invite(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(new): JsonBody<InvitePerson>,
) -> Result<(StatusCode, Json<Invited>), HttpError> {
    let invited = app.accounts.invite(&actor, new).await?;
    Ok((StatusCode::CREATED, Json(invited)))
}
