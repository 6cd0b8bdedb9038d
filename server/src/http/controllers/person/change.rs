//! `PATCH /api/users/{email}`

use app::model::account::{ChangePerson, Person};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures, NotFound};
use crate::http::{HttpError, JsonBody, Named, SignedIn};

/// Changes a person's role or state; for administrators
#[utoipa::path(
    patch,
    path = "/api/users/{email}",
    tag = "admin",
    params(("email" = String, Path, description = "The person's email")),
    request_body = ChangePerson,
    responses((status = 200, description = "The person", body = Person), NotFound, Conflict, BodyFailures, Failures)
)]
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Named(email): Named,
    JsonBody(change): JsonBody<ChangePerson>,
) -> Result<Json<Person>, HttpError> {
    Ok(Json(app.accounts.change_person(&actor, &email, change).await?))
}
