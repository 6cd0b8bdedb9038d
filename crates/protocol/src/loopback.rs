//! Addresses that a sign-in leads back to: a program's own listener on loopback, inside the container.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// The longest address, bytes: as much as a browser's address line is known to carry anywhere.
pub const MAX_ADDRESS: usize = 8 * 1024;
/// HTTP's own port.
const DEFAULT_PORT: u16 = 80;

/// `http://localhost:1455/callback?code=…`, taken apart. Its text holds secrets: it has no `Debug` that tells them.
#[derive(Clone, PartialEq, Eq)]
pub struct LoopbackAddress {
    host: Host,
    port: u16,
    authority: String,
    target: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Host {
    Name,
    V4,
    V6,
}

/// Text that is no such address, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidAddress(&'static str);

impl fmt::Display for InvalidAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for InvalidAddress {}

impl fmt::Debug for LoopbackAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoopbackAddress({}/…)", self.authority)
    }
}

impl FromStr for LoopbackAddress {
    type Err = InvalidAddress;

    /// No general parser of URLs: three hosts, spelled exactly so, and what a request line can carry.
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        const WRONG_HOST: InvalidAddress = InvalidAddress("only localhost, 127.0.0.1 and [::1] are called");
        if text.len() > MAX_ADDRESS {
            return Err(InvalidAddress("the address is too long"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidAddress("the address has spaces, line breaks or characters that no address has"));
        }
        let rest = text.strip_prefix("http://").ok_or(InvalidAddress("the address must begin with http://"))?;
        // What follows a # stays in a browser.
        let rest = rest.split('#').next().unwrap_or(rest);
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let hosts = [("localhost", Host::Name), ("127.0.0.1", Host::V4), ("[::1]", Host::V6)];
        let found = hosts.iter().find_map(|(name, host)| Some((*host, authority.strip_prefix(name)?)));
        let (host, port) = found.ok_or(WRONG_HOST)?;
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => DEFAULT_PORT,
            None => return Err(WRONG_HOST),
            Some(digits) => {
                let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
                let port = digits.parse().ok().filter(|_| is_plain);
                port.ok_or(InvalidAddress("a port is a number from 1 to 65535"))?
            }
        };
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Ok(Self { host, port, authority: authority.to_owned(), target })
    }
}

impl LoopbackAddress {
    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// As a `Host` header has it.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Path and query, as a request line has them. Holds secrets.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Where to connect, in the order to try.
    #[must_use]
    pub fn sockets(&self) -> Vec<SocketAddr> {
        let (v4, v6) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST));
        let hosts: &[IpAddr] = match self.host {
            Host::Name => &[v4, v6],
            Host::V4 => &[v4],
            Host::V6 => &[v6],
        };
        hosts.iter().map(|host| SocketAddr::new(*host, self.port)).collect()
    }

    /// The whole address again, for the guest. Holds secrets.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("http://{}{}", self.authority, self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_taken_apart_and_its_target_left_as_it_is() {
        for (text, authority, port, target) in [
            (
                "http://localhost:1455/auth/callback?code=a%20b&state=%2F",
                "localhost:1455",
                1455,
                "/auth/callback?code=a%20b&state=%2F",
            ),
            ("http://127.0.0.1:65535/", "127.0.0.1:65535", 65_535, "/"),
            ("http://[::1]:8080/x//y/../z?u=http://evil/@", "[::1]:8080", 8080, "/x//y/../z?u=http://evil/@"),
            ("http://localhost", "localhost", 80, "/"),
            ("http://localhost:3000?code=1", "localhost:3000", 3000, "/?code=1"),
            ("http://localhost:3000/cb#_=_", "localhost:3000", 3000, "/cb"),
        ] {
            let address: LoopbackAddress = text.parse().expect(text);
            assert_eq!((address.authority(), address.port(), address.target()), (authority, port, target));
            assert_eq!(address.reveal().parse::<LoopbackAddress>(), Ok(address.clone()));
            assert!(!format!("{address:?}").contains("code"), "its text is a secret");
        }
    }

    #[test]
    fn nothing_else_is_an_address() {
        for text in [
            "",
            "localhost:1455/",
            "https://localhost/",
            "HTTP://localhost/",
            "ftp://localhost/",
            "http:/localhost/",
            "http:///localhost/",
            "http://localhost@evil/",
            "http://localhost:1@evil/",
            "http://localhost:@evil/",
            "http://user@localhost/",
            "http://u:p@127.0.0.1:1/",
            "http://127.0.0.1:1@x/",
            "http://localhost.evil/",
            "http://localhost./",
            "http://localhostevil/",
            "http://evil.localhost/",
            "http://evil/#localhost",
            "http://localhost\\@evil/",
            "http://localhost%00/",
            "http://0.0.0.0/",
            "http://0/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://127.0.0.2/",
            "http://127.0.0.1.nip.io/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://[::1%25lo]/",
            "http://::1/",
            "http://[::1]evil/",
            "http://169.254.169.254/",
            "http://localhost:0/",
            "http://localhost:/",
            "http://localhost:65536/",
            "http://localhost:+80/",
            "http://localhost:080/",
            "http://localhost:8 0/",
            "http://localhost:80:80/",
            "http://localhost:1e3/",
            "http://localhost/a b",
            "http://localhost/a\r\nHost: evil",
            "http://localhost/\n",
            "http://localhost/\t",
            "http://localhost/\0",
            "http://localhost/\u{7f}",
            "http://localhost/é",
            "http://ｌocalhost/",
            "http://localhost。/",
            " http://localhost/",
            "http://localhost/ ",
            "javascript:alert(1)",
            "file:///etc/passwd",
        ] {
            assert!(text.parse::<LoopbackAddress>().is_err(), "{text:?}");
        }
        assert!(format!("http://localhost/{}", "x".repeat(MAX_ADDRESS)).parse::<LoopbackAddress>().is_err());
    }
}
