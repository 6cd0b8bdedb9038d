//! Limits on every request: its time and the size of its body.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header;
use http_body_util::Limited;
use protocol::upload::MAX_UPLOAD;

use super::error::HttpError;

/// The largest body of any request but an upload, bytes.
pub(super) const MAX_BODY: usize = 1 << 20;
/// From a request's head to its answer's, the body's reading included. Over the longest thing that is
/// asked for, the deletion of a session; a stream of events or a socket has answered long before.
const REQUEST_LIMIT: Duration = Duration::from_secs(120);
/// The same for an upload: 100 MiB at 256 kbit/s. One that stands still ends at the guest's own limit.
const UPLOAD_LIMIT: Duration = Duration::from_secs(60 * 60);
/// The route whose body is a file that is passed on as it comes.
const UPLOAD_ROUTE: &str = "/api/terminal/{address}/uploads";
/// Files of any size, as far as there is room. One of which nothing comes ends at the storage's own limit.
const STORE_ROUTE: &str = "/api/storage/upload";
const STORE_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);
/// Parts of files, which the storage knows the length of.
const PART_ROUTE: &str = "/api/storage/upload/part";

pub(super) async fn limits(request: Request, next: Next) -> Response {
    let (most, limit) = match request.extensions().get::<MatchedPath>().map(MatchedPath::as_str) {
        Some(UPLOAD_ROUTE) => (MAX_UPLOAD as usize, UPLOAD_LIMIT),
        Some(STORE_ROUTE) => (usize::MAX, STORE_LIMIT),
        Some(PART_ROUTE) => (usize::MAX, UPLOAD_LIMIT),
        _ => (MAX_BODY, REQUEST_LIMIT),
    };
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > most as u64) {
        return HttpError::too_large(most as u64).into_response();
    }
    let request = request.map(|body| Body::new(Limited::new(body, most)));
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => HttpError::took_too_long(limit.as_secs()).into_response(),
    }
}
