//! Compression of what is made on the fly: pages and JSON. Files are compressed beforehand; events and
//! sockets must not wait for a compressor's buffer.

use http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, Predicate as _, SizeAbove};

/// Below this, compressing costs more than it saves, bytes.
const WORTH_IT: u16 = 860;

type IsText = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

pub(super) fn layer() -> CompressionLayer<And<SizeAbove, IsText>> {
    CompressionLayer::new().gzip(true).compress_when(SizeAbove::new(WORTH_IT).and(is_text as IsText))
}

fn is_text(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim_end();
    matches!(essence, "text/html" | "application/json")
}
