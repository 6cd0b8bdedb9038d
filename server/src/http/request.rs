//! The outermost layer: a request's id and span, its headers, and the body of an error.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use rand::RngCore as _;
use tracing::Instrument as _;

use super::error::HttpError;
use super::{client_address, security_headers};
use crate::app::App;

/// The header that carries a request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Lengths of an id from outside that is taken over: a proxy's, never a blob.
const LENGTHS_FROM_OUTSIDE: std::ops::RangeInclusive<usize> = 8..=64;

/// A request's id, in its extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let is_sane = |id: &&str| {
            LENGTHS_FROM_OUTSIDE.contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        match given.filter(is_sane) {
            Some(id) => Self(id.into()),
            None => Self(format!("{:016x}", rand::rng().next_u64()).into()),
        }
    }
}

pub(super) async fn request(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    client_address::note(&mut request, &app.config.trusted_proxies);
    let asked = Asked::from(&request);
    let (method, began) = (request.method().clone(), Instant::now());
    let route = request.extensions().get::<MatchedPath>().cloned();
    // Never the query: it may hold a token.
    let span =
        tracing::info_span!("request", id = id.as_str(), method = %request.method(), path = request.uri().path());
    let answer = async {
        let mut response = match AssertUnwindSafe(next.run(request)).catch_unwind().await {
            Ok(response) => response,
            // The panic itself is in the log already.
            Err(_) => axum::response::IntoResponse::into_response(HttpError::internal("a handler panicked")),
        };
        if let Some(error) = response.extensions_mut().remove::<HttpError>() {
            finish_error(&mut response, error, &id, &asked);
        }
        tracing::debug!(status = response.status().as_u16(), micros = began.elapsed().as_micros(), "answered");
        response
    };
    let mut response = answer.instrument(span).await;
    app.requests.count();
    let route = route.as_ref().map(MatchedPath::as_str);
    app.metrics.answered(&method, route, response.status(), began.elapsed());
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    security_headers::add(response.headers_mut(), app.settings.current().is_over_tls());
    response
}

/// What decides how an error is told.
struct Asked {
    is_page: bool,
    is_head: bool,
}

impl From<&Request> for Asked {
    fn from(request: &Request) -> Self {
        let path = request.uri().path();
        let is_for_programs = super::guard::is_for_programs(path);
        let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
        Self {
            is_page: !is_for_programs && accept.is_some_and(|accept| accept.contains("text/html")),
            is_head: request.method() == http::Method::HEAD,
        }
    }
}

fn finish_error(response: &mut Response, error: HttpError, id: &RequestId, asked: &Asked) {
    let HttpError { status, mut told, cause, .. } = error;
    // Without a cause it is the caller's fault, or the service has logged it already.
    match &cause {
        Some(cause) => tracing::error!(status = status.as_u16(), cause, "failed"),
        None => tracing::debug!(status = status.as_u16(), error = told.error, "refused"),
    }
    id.as_str().clone_into(&mut told.request_id);
    let (content_type, body) = if asked.is_page {
        ("text/html; charset=utf-8", super::pages::plain_error(&told))
    } else {
        ("application/json", serde_json::to_string(&told).unwrap_or_default())
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = if asked.is_head { Body::empty() } else { Body::from(body) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_from_outside_is_taken_over_only_when_it_is_sane() {
        let id = |given: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_str(given).expect("a header"));
            RequestId::of(&headers).as_str().to_owned()
        };
        assert_eq!(id("0af7651916cd43dd-8448eb21"), "0af7651916cd43dd-8448eb21");
        for odd in ["", "short", "with space 123", "quote\"12345678", &"x".repeat(65)] {
            assert_ne!(id(odd), odd);
            assert_eq!(id(odd).len(), 16);
        }
    }
}
