//! Recognises the sign-in page that a program in the container wants opened, and the address that
//! the browser ends on when that page leads back to the program's own `localhost`.

use super::links::{host, may_open};
use super::state::SignIn;

/// Pages on which a person enters a code that the program shows: host, and how its path begins.
const CODE_PAGES: &[(&str, &str)] = &[
    ("github.com", "/login/device"),
    ("microsoft.com", "/devicelogin"),
    ("www.microsoft.com", "/link"),
    ("login.microsoft.com", "/device"),
    ("google.com", "/device"),
    ("www.google.com", "/device"),
    ("auth.openai.com", "/codex/device"),
    ("gitlab.com", "/oauth/device"),
];

/// Pages that begin a sign-in, by host and how their path begins, whatever stands in their query.
const SIGN_IN_PAGES: &[(&str, &str)] = &[
    ("claude.ai", "/oauth/"),
    ("claude.com", "/cai/oauth/"),
    ("console.anthropic.com", "/oauth/"),
    ("platform.claude.com", "/oauth/"),
    ("auth.openai.com", "/oauth/"),
    ("auth.openai.com", "/authorize"),
    ("accounts.google.com", "/o/oauth2/"),
    ("github.com", "/login/oauth/"),
    ("login.microsoftonline.com", "/"),
];

/// The longest address that may be pasted back, bytes.
const MAX_CALLBACK: usize = 8_192;

/// What `url` is to a sign-in, if anything.
#[must_use]
pub fn recognise(url: &str) -> Option<SignIn> {
    if !may_open(url) {
        return None;
    }
    let host = host(url)?.to_ascii_lowercase();
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    let path = path(url);
    let begins = |pages: &[(&str, &str)]| pages.iter().any(|(host, start)| *host == name && path.starts_with(start));
    let redirect = parameter(url, "redirect_uri");
    // RFC 6749 asks for the first two, and every provider for the third where it leads back.
    let is_oauth = parameter(url, "client_id").is_some()
        && parameter(url, "response_type").is_some()
        && (redirect.is_some() || path.contains("authorize"));
    // RFC 8628: an address that has the code in it already.
    let has_code = parameter(url, "user_code").is_some();
    if !(is_oauth || has_code || begins(CODE_PAGES) || begins(SIGN_IN_PAGES)) {
        return None;
    }
    let callback_port = redirect.and_then(|redirect| loopback_port(&redirect));
    Some(SignIn { url: url.to_owned(), callback_port })
}

/// Why a pasted address can't be the one the browser ended on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    Empty,
    /// Not `http://localhost:<port>/…`.
    NotLoopback,
    /// Another port than the sign-in page was to lead back to.
    OtherPort {
        expected: u16,
    },
    /// The page's own address, not the one it led to.
    SignInPage,
    TooLong,
}

impl Wrong {
    /// What to tell the person.
    #[must_use]
    pub fn sentence(self) -> String {
        match self {
            Self::Empty => "Paste the address from the browser's address bar.".to_owned(),
            Self::NotLoopback => "This address doesn't begin with http://localhost and a port.".to_owned(),
            Self::OtherPort { expected } => format!("The program waits on port {expected}, and this is another."),
            Self::SignInPage => "This is the sign-in page itself. Finish it, then paste where it led.".to_owned(),
            Self::TooLong => "This address is too long.".to_owned(),
        }
    }
}

/// The pasted address, if it may be the one that the browser ended on for `sign_in`.
///
/// # Errors
/// What is wrong with it.
pub fn callback(pasted: &str, sign_in: &SignIn) -> Result<String, Wrong> {
    let url = pasted.trim();
    if url.is_empty() {
        return Err(Wrong::Empty);
    }
    if url.len() > MAX_CALLBACK {
        return Err(Wrong::TooLong);
    }
    if url == sign_in.url {
        return Err(Wrong::SignInPage);
    }
    // Browsers leave the scheme out of what they show, but not of what is copied; people may type.
    let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let port = loopback_port(&url).filter(|_| may_open(&url)).ok_or(Wrong::NotLoopback)?;
    match sign_in.callback_port {
        Some(expected) if expected != port => Err(Wrong::OtherPort { expected }),
        _ => Ok(url),
    }
}

/// The port of `http://localhost:<port>`, or of a loopback address.
fn loopback_port(url: &str) -> Option<u16> {
    let rest = url.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("http://")).map(|_| &url[7..])?;
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    // A name before the host has no business here.
    let (name, port) = authority.rsplit_once(':')?;
    let is_loopback = name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]";
    port.parse().ok().filter(|port| is_loopback && *port != 0)
}

fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let path = rest.find('/').map_or("", |start| &rest[start..]);
    &path[..path.find(['?', '#']).unwrap_or(path.len())]
}

/// A parameter of the query, decoded; none when it isn't there or isn't UTF-8.
fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    let query = query.split('#').next()?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let code = digit(rest.next())? * 16 + digit(rest.next())?;
                bytes.push(u8::try_from(code).ok()?);
            }
            b'+' => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    const CODEX: &str = "https://auth.openai.com/oauth/authorize?response_type=code&client_id=app_x&redirect_uri=http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback&scope=openid&state=s";

    test_everywhere! {
        fn sign_in_pages_are_recognised_with_the_port_they_lead_back_to() {
            for (url, port) in [
                (CODEX, Some(1455)),
                ("https://claude.ai/oauth/authorize?code=true&client_id=9d1c&response_type=code&redirect_uri=https%3A%2F%2Fconsole.anthropic.com%2Foauth%2Fcode%2Fcallback", None),
                ("https://console.anthropic.com/oauth/authorize?x=y", None),
                ("https://accounts.google.com/o/oauth2/v2/auth?redirect_uri=http%3a%2f%2f127.0.0.1%3a43817&client_id=x&response_type=code", Some(43817)),
                ("https://login.microsoftonline.com/common/oauth2/v2.0/authorize?client_id=x&response_type=code&redirect_uri=http://localhost:8400/", Some(8400)),
                ("https://id.example.com/authorize?client_id=x&response_type=code&redirect_uri=http%3A%2F%2F%5B%3A%3A1%5D%3A9000%2Fcb", Some(9000)),
                ("https://sso.example/authorize?client_id=a&response_type=code", None),
                ("https://github.com/login/device", None),
                ("https://microsoft.com/devicelogin", None),
                ("https://device.sso.eu-central-1.amazonaws.com/?user_code=ABCD-EFGH", None),
            ] {
                assert_eq!(recognise(url), Some(SignIn { url: url.to_owned(), callback_port: port }), "{url}");
            }
        }

        fn other_addresses_are_not() {
            for url in [
                "https://example.com",
                "https://github.com.evil.example/login/device",
                "https://github.com@evil.example/login/device",
                "https://evil.example/?u=https://github.com/login/device",
                "https://example.com/?client_id=x",
                "javascript:alert(1)//github.com/login/device",
                "https://docs.example/oauth/redirect_uri",
            ] {
                assert_eq!(recognise(url), None, "{url}");
            }
        }

        fn only_plain_loopback_is_a_callback() {
            for (redirect, port) in [
                ("http://localhost:1455/x", Some(1455)),
                ("http://LOCALHOST:1", Some(1)),
                ("http://127.0.0.1:8080?x", Some(8080)),
                ("http://[::1]:8080/", Some(8080)),
                ("https://localhost:1455/", None),
                ("http://localhost/", None),
                ("http://localhost:0/", None),
                ("http://localhost:65536/", None),
                ("http://localhost:80@evil.example:90/", None),
                ("http://user@localhost:80/", None),
                ("http://localhost.evil.example:80/", None),
                ("http://evil.example:80/", None),
                ("http://169.254.169.254:80/", None),
                ("é", None),
            ] {
                assert_eq!(loopback_port(redirect), port, "{redirect}");
            }
        }

        fn the_pasted_address_is_checked_before_it_is_sent() {
            let sign_in = recognise(CODEX).expect("sign-in");
            let ends = "http://localhost:1455/auth/callback?code=abc&state=s";
            assert_eq!(callback(&format!("  {ends}\n"), &sign_in).as_deref(), Ok(ends));
            assert_eq!(callback("localhost:1455/auth/callback?code=abc&state=s", &sign_in).as_deref(), Ok(ends));
            for (pasted, wrong) in [
                ("", Wrong::Empty),
                (CODEX, Wrong::SignInPage),
                ("http://localhost:1456/auth", Wrong::OtherPort { expected: 1455 }),
                ("https://evil.example/?code=abc", Wrong::NotLoopback),
                ("file://localhost:1455/etc/passwd", Wrong::NotLoopback),
                ("http://localhost:1455/a b", Wrong::NotLoopback),
                ("http://localhost:1455/\u{202e}", Wrong::NotLoopback),
                ("abc", Wrong::NotLoopback),
            ] {
                assert_eq!(callback(pasted, &sign_in), Err(wrong), "{pasted}");
                assert!(!wrong.sentence().is_empty());
            }
            let long = format!("http://localhost:1455/{}", "a".repeat(MAX_CALLBACK));
            assert_eq!(callback(&long, &sign_in), Err(Wrong::TooLong));
        }

        fn parameters_are_decoded_or_not_there() {
            assert_eq!(parameter("https://a/?b=%41+c#d", "b").as_deref(), Some("A c"));
            for url in ["https://a/?b=%4", "https://a/?b=%zz", "https://a/?b=%ff", "https://a/?bb=c", "https://a/?#?b=c"] {
                assert_eq!(parameter(url, "b"), None, "{url}");
            }
        }
    }
}
