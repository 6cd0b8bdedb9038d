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
    settings.public_url.as_ref() == Some(&origin)
        || super::only(headers, header::HOST.as_str()).and_then(|host| Origin::of_host(host, settings.serves_tls))
            == Some(origin)
}

/// Whether the browser says that another site's page sent the request.
#[must_use]
pub fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get_all("sec-fetch-site").iter().any(|value| !matches!(value.as_bytes(), b"same-origin" | b"none"))
}
