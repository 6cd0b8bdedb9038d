//! `POST /api/users/{email}/link`

use app::model::account::Invited;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{Failures, NotFound};
use crate::http::{HttpError, Named, SignedIn};

/// A new link by which a person chooses a password; for administrators
#[utoipa::path(
    post,
    path = "/api/users/{email}/link",
    tag = "admin",
    params(("email" = String, Path, description = "The person's email")),
    responses((status = 200, description = "The person and their link", body = Invited), NotFound, Failures)
)]
pub async fn link(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Named(email): Named,
) -> Result<Json<Invited>, HttpError> {
    Ok(Json(app.accounts.renew_link(&actor, &email).await?))
}
