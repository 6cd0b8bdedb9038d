//! `POST /api/terminal/{session}/sign-in-callback`

use app::model::terminal::{SignInAnswer, SignInCallback};
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures, NotFound};
use crate::http::{HttpError, Id, JsonBody, SignedIn};

/// Gives a program in the session the address its sign-in ended on, with one GET to loopback there
#[utoipa::path(
    post,
    path = "/api/terminal/{address}/sign-in-callback",
    tag = "terminals",
    params(("address" = String, Path, description = "The session's id")),
    request_body = SignInCallback,
    responses(
        (status = 200, description = "The program answered", body = SignInAnswer),
        NotFound,
        Conflict,
        BodyFailures,
        Failures
    )
)]
pub async fn sign_in_callback(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Id(id): Id,
    JsonBody(callback): JsonBody<SignInCallback>,
) -> Result<Json<SignInAnswer>, HttpError> {
    // Its rules were checked with the body.
    let to = callback.url.parse().map_err(|_| HttpError::malformed("This address can't be called."))?;
    Ok(Json(SignInAnswer { status: app.sessions.sign_in_callback(&actor, &id, &to).await? }))
}
