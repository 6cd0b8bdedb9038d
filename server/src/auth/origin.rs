//! Whether the page that sends a request may: CSRF and cross-site sockets end here.

use http::{HeaderMap, header};

use crate::config::{Config, Origin};

/// Whether the request's Origin is the server's own, the public address, or one that is allowed.
/// A missing, doubled, `null` or malformed one is none of these. For every write and every socket.
#[must_use]
pub fn origin_is_allowed(headers: &HeaderMap, config: &Config) -> bool {
    let Some(origin) = only(headers, header::ORIGIN).and_then(|text| text.parse::<Origin>().ok()) else {
        return false;
    };
    if config.allowed_origins.contains(&origin) {
        return true;
    }
    // A browser that says so itself knows better than the headers, which a page can't forge but a
    // stray proxy can rewrite.
    if is_cross_site(headers) {
        return false;
    }
    config.public_url.as_ref() == Some(&origin)
        || only(headers, header::HOST).and_then(Origin::of_http_host) == Some(origin)
}

/// Whether the browser says that another site's page sent the request.
#[must_use]
pub fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get_all("sec-fetch-site").iter().any(|value| !matches!(value.as_bytes(), b"same-origin" | b"none"))
}

/// The header's value when there is exactly one.
fn only(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}
