//! Headers that every answer carries.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Nothing from elsewhere, no plugins, no frames; no inline script but with a page's nonce. `'self'` holds for
/// a page's own sockets too (CSP level 3, "scheme-part matches").
fn policy(more_scripts: &str, more_connections: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' {more_scripts}'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{more_connections}; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}

/// The policy of a page whose inline scripts carry `nonce`. With `reload_port` it may also listen to
/// `cargo leptos watch` on this machine.
pub(super) fn policy_with_nonce(nonce: &str, reload_port: Option<u32>) -> Option<HeaderValue> {
    let reload = reload_port.map(|port| format!(" ws://127.0.0.1:{port} ws://localhost:{port}"));
    HeaderValue::try_from(policy(&format!("'nonce-{nonce}' "), &reload.unwrap_or_default())).ok()
}

/// The policy of a page with a widget of `host`'s, which is a script and a frame.
pub(super) fn policy_with_widget(host: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{}; frame-src {host}", policy(&format!("{host} "), ""))).ok()
}

/// The policy of a file's preview: whatever it holds, it runs nothing and fetches nothing, in an origin of its own. Its
/// links open beside it.
pub(super) const PREVIEW_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";
/// The same for a PDF, which browsers show in no sandbox; their viewers have one of their own.
pub(super) const PDF_POLICY: &str = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/// Referrers stay within the site, for a sign-in link's token is in its query; not `no-referrer`, with
/// which browsers send `Origin: null` for forms. Two years of HSTS, as its preload lists want.
const ALWAYS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
    ),
];
const HSTS: &str = "max-age=63072000";

/// Adds them all; a policy that the page brought stays.
pub(super) fn add(headers: &mut HeaderMap, is_over_tls: bool) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Only a preview, which has a policy of its own, may be in a frame of ours.
    headers.entry(header::X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
    if is_over_tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY)
        && let Ok(policy) = HeaderValue::try_from(policy("", ""))
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}
