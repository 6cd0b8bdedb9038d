//! A file as an answer: whole, in part, or not at all when the caller has it.

use app::backend::storage::OpenFile;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use headers::{ContentLength, ContentRange, ETag, HeaderMapExt as _, IfNoneMatch, IfRange, Range};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 8187 lets stand for itself.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As much of `file` as was asked for.
pub(super) fn answer(file: &dyn OpenFile, asked: &HeaderMap) -> Response {
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    let etag = file.etag().parse::<ETag>().ok();
    if let Some(etag) = &etag {
        headers.typed_insert(etag.clone());
    }
    if let Ok(modified) = HeaderValue::from_str(file.last_modified()) {
        headers.insert(header::LAST_MODIFIED, modified);
    }
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // Asked again each time, and answered in a few bytes when it is the same.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    let is_known = etag
        .as_ref()
        .zip(asked.typed_get::<IfNoneMatch>())
        .is_some_and(|(etag, known)| !known.precondition_passes(etag));
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    let size = file.size();
    let (status, range) = match wanted(asked, etag.as_ref(), size) {
        Wanted::All => (StatusCode::OK, 0..size),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Nothing => {
            response.headers_mut().typed_insert(ContentRange::unsatisfied_bytes(size));
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            return response;
        }
    };
    *response.status_mut() = status;
    response.headers_mut().typed_insert(ContentLength(range.end - range.start));
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(part) = ContentRange::bytes(range.clone(), size)
    {
        response.headers_mut().typed_insert(part);
    }
    *response.body_mut() = Body::from_stream(file.read(range));
    response
}

enum Wanted {
    All,
    Part(std::ops::Range<u64>),
    /// A range that the file has not.
    Nothing,
}

/// One range is answered; several at once are answered with all of it, as RFC 9110 allows.
fn wanted(asked: &HeaderMap, etag: Option<&ETag>, size: u64) -> Wanted {
    let Some(range) = asked.typed_get::<Range>() else { return Wanted::All };
    if asked.typed_get::<IfRange>().is_some_and(|known| known.is_modified(etag, None)) {
        return Wanted::All;
    }
    // Of a suffix that is longer than the file there is all of it (RFC 9110, 14.1.2); `headers` passes it over.
    let suffix = asked.get(header::RANGE).and_then(|range| range.to_str().ok()?.strip_prefix("bytes=-")?.parse().ok());
    if suffix.is_some_and(|suffix: u64| suffix > size && size > 0) {
        return Wanted::Part(0..size);
    }
    use std::ops::Bound;
    let mut satisfiable = range.satisfiable_ranges(size);
    match (satisfiable.next(), satisfiable.next()) {
        (None, _) => Wanted::Nothing,
        (Some(_), Some(_)) => Wanted::All,
        (Some((start, end)), None) => {
            let start = match start {
                Bound::Included(start) => start,
                Bound::Excluded(start) => start.saturating_add(1),
                Bound::Unbounded => 0,
            };
            let end = match end {
                Bound::Included(end) => end.saturating_add(1).min(size),
                Bound::Excluded(end) => end.min(size),
                Bound::Unbounded => size,
            };
            if start < end { Wanted::Part(start..end) } else { Wanted::Nothing }
        }
    }
}

/// `Content-Disposition` for a file that is kept, not shown.
pub(super) fn attachment(name: &str) -> HeaderValue {
    disposition("attachment", name)
}

/// `Content-Disposition` for a file that is shown.
pub(super) fn inline(name: &str) -> HeaderValue {
    disposition("inline", name)
}

/// With a file's name as far as ASCII goes, and all of it.
fn disposition(kind: &'static str, name: &str) -> HeaderValue {
    let is_plain = |c: char| (c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%')) || c == ' ';
    let ascii: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let text = format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{}", utf8_percent_encode(name, PLAIN));
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(kind))
}
