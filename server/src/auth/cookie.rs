//! The cookie that keeps a person signed in.

use http::{HeaderMap, HeaderValue, header};

use super::token;

/// Its name.
pub const SESSION_COOKIE: &str = "berth_session";

/// The secret in a request's cookie, if it has the form of one of ours.
pub(super) fn read(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, secret)| *name == SESSION_COOKIE && token::has_form(secret))
        .map(|(_, secret)| secret)
}

/// `Set-Cookie` for `secret`; a life of zero removes it. Lax, so that a link from elsewhere opens the
/// page signed in, while writes and sockets check Origin besides.
pub(super) fn set(secret: &str, life: time::Duration, is_secure: bool) -> HeaderValue {
    let secure = if is_secure { "; Secure" } else { "" };
    let life = life.whole_seconds();
    let text = format!("{SESSION_COOKIE}={secret}; HttpOnly; SameSite=Lax; Path=/; Max-Age={life}{secure}");
    // Hexadecimal digits and the constants above are always a valid header.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret_in(cookie: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(cookie).expect("a header"));
        read(&headers).map(str::to_owned)
    }

    #[test]
    fn the_cookie_is_found_among_others_and_only_in_its_form() {
        let secret = "5f".repeat(32);
        assert_eq!(secret_in(&format!("a=b; berth_session={secret}; c=d")).as_ref(), Some(&secret));
        assert_eq!(secret_in(&format!("berth_session=; berth_session={secret}")).as_ref(), Some(&secret));
        for wrong in ["", "berth_session", "berth_session=", "berth_session=abc", &format!("xberth_session={secret}")] {
            assert_eq!(secret_in(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_cookie_is_kept_from_scripts_and_under_tls_from_plain_http() {
        let plain = set("x", time::Duration::days(30), false);
        assert_eq!(plain, "berth_session=x; HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000");
        let secure = set("", time::Duration::ZERO, true);
        assert_eq!(secure, "berth_session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0; Secure");
    }
}
