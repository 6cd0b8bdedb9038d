//! Limits on every request: its time and the size of its body.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header;
use http_body_util::Limited;

use super::error::HttpError;

/// The largest body of any request, bytes.
pub(super) const MAX_BODY: usize = 1 << 20;
/// From a request's head to its answer's, the body's reading included. Over the longest thing that is
/// asked for, the deletion of a session; a stream of events or a socket has answered long before.
const REQUEST_LIMIT: Duration = Duration::from_secs(120);

pub(super) async fn limits(request: Request, next: Next) -> Response {
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > MAX_BODY as u64) {
        return HttpError::too_large(MAX_BODY).into_response();
    }
    let request = request.map(|body| Body::new(Limited::new(body, MAX_BODY)));
    match tokio::time::timeout(REQUEST_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => HttpError::took_too_long(REQUEST_LIMIT.as_secs()).into_response(),
    }
}
