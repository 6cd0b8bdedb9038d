//! The one error at the edge of HTTP: what is told, and apart from it what is logged.
//!
//! It becomes a response in two steps. [`HttpError`] puts itself into the response's extensions; the
//! outermost layer, which knows the request's id and whether a person or a program asks, writes the body
//! and the log line, once.

use app::model::error::{ApiError, ErrorCode};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::auth::Standing;
use crate::database::DatabaseError;

/// How long a client should leave a busy database alone, seconds.
const BUSY_RETRY_SECONDS: u64 = 1;

/// A failed request.
#[derive(Debug, Clone)]
pub struct HttpError {
    pub(super) status: StatusCode,
    /// What the caller is told.
    pub(super) told: ApiError,
    /// What only the log is told.
    pub(super) cause: Option<String>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

impl HttpError {
    fn new(status: StatusCode, told: ApiError) -> Self {
        Self { status, told, cause: None, headers: Vec::new() }
    }

    /// 404: no such thing, or not yours.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        ApiError::not_found(what).into()
    }

    /// 401: nobody is signed in.
    #[must_use]
    pub fn not_signed_in() -> Self {
        ApiError::not_signed_in().into()
    }

    /// 403: signed in, and still not allowed.
    #[must_use]
    pub fn forbidden(why: &str) -> Self {
        ApiError::new(ErrorCode::Forbidden, why).into()
    }

    /// 400: a request that has not the form it should.
    #[must_use]
    pub fn malformed(why: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ApiError::new(ErrorCode::ValidationError, why))
    }

    /// 413: a body over the limit.
    #[must_use]
    pub fn too_large(limit: u64) -> Self {
        let why = format!("The request's body is too large: at most {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, ApiError::new(ErrorCode::ValidationError, why))
    }

    /// 415: a body of another type.
    #[must_use]
    pub fn unsupported_type(wanted: &str) -> Self {
        let why = format!("The request's body must have the content type {wanted}.");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ApiError::new(ErrorCode::ValidationError, why))
    }

    /// 429, with when to come back.
    #[must_use]
    pub fn rate_limited(why: &str, standing: Standing) -> Self {
        let mut error = Self::from(ApiError::new(ErrorCode::RateLimited, why));
        error.headers = rate_limit_headers(standing);
        error
    }

    /// 500 for a fault of ours, of which the log tells `cause`.
    #[must_use]
    pub fn internal(cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..ApiError::internal().into() }
    }

    /// 504: the server took longer than it may.
    #[must_use]
    pub fn took_too_long(seconds: u64) -> Self {
        let why = "The server took too long over this. It may still happen; look again in a moment.";
        let error = Self::new(StatusCode::GATEWAY_TIMEOUT, ApiError::new(ErrorCode::Internal, why));
        Self { cause: Some(format!("the request took longer than {seconds} s")), ..error }
    }
}

/// `X-RateLimit-*`, and `Retry-After` when nothing is left.
pub(super) fn rate_limit_headers(standing: Standing) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = vec![
        (HeaderName::from_static("x-ratelimit-limit"), standing.limit.into()),
        (HeaderName::from_static("x-ratelimit-remaining"), standing.remaining.into()),
    ];
    if let Some(wait) = standing.retry_after {
        headers.push((header::RETRY_AFTER, wait.as_secs().saturating_add(1).into()));
    }
    headers
}

/// 405 with the methods that axum put into `Allow`.
pub(super) async fn method_not_allowed() -> HttpError {
    let told = ApiError::new(ErrorCode::ValidationError, "This address does not answer that method.");
    HttpError::new(StatusCode::METHOD_NOT_ALLOWED, told)
}

impl From<ApiError> for HttpError {
    fn from(told: ApiError) -> Self {
        let status = StatusCode::from_u16(told.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(status, told)
    }
}

impl From<DatabaseError> for HttpError {
    fn from(error: DatabaseError) -> Self {
        let is_transient = error.is_transient();
        let headers = is_transient.then(|| (header::RETRY_AFTER, BUSY_RETRY_SECONDS.into())).into_iter().collect();
        Self { cause: Some(error.to_string()), headers, ..error.told().into() }
    }
}

impl IntoResponse for HttpError {
    fn into_response(mut self) -> Response {
        let mut response = self.status.into_response();
        response.headers_mut().extend(std::mem::take(&mut self.headers));
        response.extensions_mut().insert(self);
        response
    }
}
