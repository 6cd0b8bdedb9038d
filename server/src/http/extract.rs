//! What handlers take from a request, each with one documented error.

use app::backend::Actor;
use app::model::account::Email;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::extract::{Path, Query};
use garde::Validate;
use http::header;
use http::request::Parts;
use http_body_util::{BodyExt as _, LengthLimitError};
use protocol::{SessionId, TerminalId};
use serde::de::DeserializeOwned;

use super::error::HttpError;
use super::limits::MAX_BODY;
use crate::auth::Caller;

/// Whoever is signed in. 401 when nobody is.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpError> {
        let caller = parts.extensions.get::<Option<Caller>>().cloned().flatten();
        caller.map(|caller| Self(caller.actor)).ok_or_else(HttpError::not_signed_in)
    }
}

/// Whoever is signed in, and by what; for connections that must end with it. 401 when nobody is.
#[derive(Debug, Clone)]
pub struct SignedInBy(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for SignedInBy {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpError> {
        let caller = parts.extensions.get::<Option<Caller>>().cloned().flatten();
        caller.map(Self).ok_or_else(HttpError::not_signed_in)
    }
}

/// The person that the path names by their email. 404 for text that can't be one.
#[derive(Debug, Clone)]
pub struct Named(pub Email);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let text = one_part(parts, state).await.unwrap_or_default();
        text.parse().map(Self).map_err(|_| HttpError::not_found("person"))
    }
}

/// The session that the path names. 404 for text that can't be an id.
#[derive(Debug, Clone)]
pub struct Id(pub SessionId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let text = one_part(parts, state).await.ok_or_else(|| HttpError::not_found("session"))?;
        text.parse().map(Self).map_err(|_| HttpError::not_found("session"))
    }
}

/// The terminal that the path names as `{session}-{terminal}`. 404 for what can't be one.
#[derive(Debug, Clone)]
pub struct TerminalAddress {
    pub session: SessionId,
    pub terminal: TerminalId,
}

impl<S: Send + Sync> FromRequestParts<S> for TerminalAddress {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let text = one_part(parts, state).await.unwrap_or_default();
        let address = text.split_once('-').and_then(|(session, terminal)| {
            Some(Self { session: session.parse().ok()?, terminal: terminal.parse().ok()? })
        });
        address.ok_or_else(|| HttpError::not_found("terminal"))
    }
}

async fn one_part<S: Send + Sync>(parts: &mut Parts, state: &S) -> Option<String> {
    Path::<String>::from_request_parts(parts, state).await.ok().map(|Path(text)| text)
}

/// The query's parameters. 400 for those that have not the form they should.
#[derive(Debug, Clone)]
pub struct Parameters<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(error) => Err(HttpError::malformed(format!("The query can't be used: {}.", error.body_text()))),
        }
    }
}

/// A JSON body that obeys its type's rules. 415, 413, 400 for what is not JSON of this shape, 422 with the
/// fields for what breaks a rule.
#[derive(Debug, Clone)]
pub struct JsonBody<T>(pub T);

impl<T, S> FromRequest<S> for JsonBody<T>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Send + Sync,
{
    type Rejection = HttpError;

    async fn from_request(request: Request, _: &S) -> Result<Self, HttpError> {
        if content_type(&request) != Some("application/json") {
            return Err(HttpError::unsupported_type("application/json"));
        }
        let body = read_body(request).await?;
        let value: T = serde_json::from_slice(&body)
            .map_err(|error| HttpError::malformed(format!("The request's body can't be used: {error}.")))?;
        value.validate().map_err(app::model::error::ApiError::from)?;
        Ok(Self(value))
    }
}

/// The content type without its parameters.
pub(super) fn content_type(request: &Request) -> Option<&str> {
    let text = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or(text).trim())
}

/// The whole body, which the outer layer limits to [`MAX_BODY`].
pub(super) async fn read_body(request: Request) -> Result<bytes::Bytes, HttpError> {
    match request.into_body().collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if is_too_large(&error) => Err(HttpError::too_large(MAX_BODY as u64)),
        Err(error) => Err(HttpError::malformed(format!("The request's body could not be read: {error}."))),
    }
}

/// Whether the outer layer's limit cut a body.
pub(super) fn is_too_large(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<LengthLimitError>())
}
