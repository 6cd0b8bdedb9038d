//! An origin: scheme, host and port, in the one form that browsers send.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use serde::{Deserialize, Serialize};

/// `scheme://host[:port]`, lower-case, without the scheme's own port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

impl Origin {
    /// The origin of a page that was fetched from `host`, a `Host` header, with plain HTTP or over TLS.
    #[must_use]
    pub fn of_host(host: &str, is_over_tls: bool) -> Option<Self> {
        let scheme = if is_over_tls { "https" } else { "http" };
        format!("{scheme}://{host}").parse().ok()
    }

    /// Whether its scheme is https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "expected an origin such as https://berth.example, without a path";
        let uri: Uri = text.parse().map_err(|_| FORM)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(FORM.into());
        };
        let own_port = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return Err(FORM.into()),
        };
        if authority.as_str().contains('@')
            || authority.host().is_empty()
            || authority.host().contains('*')
            || !matches!(uri.path(), "" | "/")
            || uri.query().is_some()
        {
            return Err(FORM.into());
        }
        // A colon without a number after it, or a number that is no port.
        let after_host = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
        if !after_host.is_empty() && authority.port_u16().is_none() {
            return Err(FORM.into());
        }
        let host = authority.host().to_ascii_lowercase();
        Ok(Self(match authority.port_u16() {
            Some(port) if port != own_port => format!("{scheme}://{host}:{port}"),
            _ => format!("{scheme}://{host}"),
        }))
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn origins_have_one_form() {
        for (text, form) in [
            ("http://Example.com:80", "http://example.com"),
            ("https://example.com:443/", "https://example.com"),
            ("http://127.0.0.1:7878", "http://127.0.0.1:7878"),
            ("http://[::1]:7878", "http://[::1]:7878"),
        ] {
            assert_eq!(text.parse::<Origin>().map(|origin| origin.to_string()).as_deref(), Ok(form), "{text}");
        }
        for wrong in [
            "",
            "null",
            "*",
            "example.com",
            "https://",
            "ftp://example.com",
            "https://a/b",
            "https://a?b",
            "//a",
            "https://*.example.com",
            "https://user@example.com",
            "https://example.com:",
            "https://example.com:99999",
        ] {
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }
}
