//! `POST /public/waitlist`

use app::model::error::ApiError;
use app::model::waitlist::JoinWaitlist;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;

use crate::accounts::Asked;
use crate::app::App;
use crate::http::client_address::From;
use crate::http::error::rate_limit_headers;
use crate::http::openapi::{BodyFailures, Conflict};
use crate::http::{HttpError, JsonBody};

/// Asks to be let in
///
/// The answer tells nothing of whether the address waits already or has an account. Where the onboarding
/// configuration has a site key, Turnstile's token is needed. `X-RateLimit-*` say how often this may be asked.
#[utoipa::path(
    post,
    path = "/public/waitlist",
    tag = "public",
    security(()),
    request_body = JoinWaitlist,
    responses(
        (status = 202, description = "An administrator will look at it"),
        (status = 400, description = "VALIDATION_ERROR: the request has not the form it should", body = ApiError),
        (status = 403, description = "FORBIDDEN: from another site's page or without an Origin", body = ApiError),
        (status = 404, description = "NOT_FOUND: nobody may ask here", body = ApiError),
        Conflict,
        BodyFailures,
        (status = 429, description = "RATE_LIMITED: `Retry-After` says when to come back", body = ApiError),
        (status = 503, description = "RUNTIME_UNAVAILABLE: Turnstile or the database is away", body = ApiError),
    )
)]
pub async fn join_waitlist(
    State(app): State<App>,
    From(address): From,
    JsonBody(wanted): JsonBody<JoinWaitlist>,
) -> Result<Response, HttpError> {
    if !app.waitlist.is_open().await? {
        return Err(HttpError::not_found("address"));
    }
    let asked = Asked { email: wanted.email, token: wanted.turnstile_token, is_robot: false };
    let (standing, outcome) = app.waitlist.ask(&asked, address).await;
    let mut response = match outcome {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(error) => HttpError::from(error).into_response(),
    };
    response.headers_mut().extend(rate_limit_headers(standing));
    Ok(response)
}
