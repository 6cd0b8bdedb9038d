//! Whether the page that sends a request may: CSRF and cross-site sockets end here.

use http::{HeaderMap, header};

use crate::config::Origin;
use crate::settings::Settings;

/// Whether the request's Origin is the server's own, the public address, or one that is allowed.
/// A missing, doubled, `null` or malformed one is none of these. For every write and every socket.
#[must_use]
pub fn origin_is_allowed(headers: &HeaderMap, settings: &Settings) -> bool {
    let Some(origin) = super::only(headers, header::ORIGIN.as_str()).and_then(|text| text.parse::<Origin>().ok())
    else {
        return false;
    };
    if settings.allowed_origins.contains(&origin) {
        return true;
    }
    // A browser that says so itself knows better than the headers, which a page can't forge but a
    // stray proxy can rewrite.
    if is_cross_site(headers) {
        return false;
    }
    if settings.public_url.as_ref() == Some(&origin) {
        return true;
    }
    let Some(host) = super::only(headers, header::HOST.as_str()) else { return false };
    let is_of = |is_over_tls| Origin::of_host(host, is_over_tls).as_ref() == Some(&origin);
    // A proxy may have ended TLS before this server, which is then told https where it speaks http. That the page is
    // the same host's the browser says.
    is_of(settings.serves_tls) || (is_of(true) && says(headers, b"same-origin"))
}

/// Whether the browser says this of the page that sends the request, and nothing else.
fn says(headers: &HeaderMap, what: &[u8]) -> bool {
    let mut values = headers.get_all("sec-fetch-site").iter();
    values.next().is_some_and(|value| value.as_bytes() == what) && values.next().is_none()
}

/// Whether the browser says that another site's page sent the request.
#[must_use]
pub fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get_all("sec-fetch-site").iter().any(|value| !matches!(value.as_bytes(), b"same-origin" | b"none"))
}
