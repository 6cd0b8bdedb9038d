//! Cloudflare Turnstile's word on whether a person filled a form in.

use std::net::IpAddr;

use app::model::waitlist::MAX_TURNSTILE_TOKEN;
use http::{Method, header};
use serde::Deserialize;
use thiserror::Error;

use super::outside::{Outside, OutsideError};
use crate::config::Turnstile;

/// What it calls faults that are not the visitor's (developers.cloudflare.com/turnstile, "Validate the token").
const NOT_THE_VISITORS: [&str; 3] = ["missing-input-secret", "invalid-input-secret", "internal-error"];

/// Why nobody knows whether a token is good.
#[derive(Debug, Error)]
pub enum TurnstileError {
    #[error("Turnstile can't be asked: {0}")]
    Away(#[from] OutsideError),
    #[error("Turnstile does not say: {0}")]
    Silent(String),
}

#[derive(Deserialize)]
struct Answer {
    success: bool,
    #[serde(default, rename = "error-codes")]
    errors: Vec<String>,
}

/// Whether `token`, which came from `address`, is one that the widget gave for a person, and is used for the first
/// time.
///
/// # Errors
/// See [`TurnstileError`].
pub async fn verify(
    outside: &Outside,
    turnstile: &Turnstile,
    token: &str,
    address: IpAddr,
) -> Result<bool, TurnstileError> {
    if token.is_empty() || token.len() > MAX_TURNSTILE_TOKEN {
        return Ok(false);
    }
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("secret", turnstile.secret.reveal())
        .append_pair("response", token)
        .append_pair("remoteip", &address.to_string())
        .finish();
    let request = http::Request::builder()
        .method(Method::POST)
        .uri(&turnstile.verify_url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(form.into_bytes())
        .map_err(OutsideError::from)?;
    let response = outside.send(request).await?;
    // What it refuses it may answer with a 400, whose body says why.
    if response.status().is_server_error() {
        return Err(OutsideError::Status(response.status()).into());
    }
    let answer: Answer = serde_json::from_slice(response.body()).map_err(OutsideError::Malformed)?;
    if answer.errors.iter().any(|error| NOT_THE_VISITORS.contains(&error.as_str())) {
        return Err(TurnstileError::Silent(answer.errors.join(", ")));
    }
    Ok(answer.success)
}
