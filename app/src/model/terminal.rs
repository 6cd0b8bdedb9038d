//! A terminal as the page and the API see it.

use garde::Validate;
use protocol::TerminalId;
use serde::{Deserialize, Serialize};

/// A terminal that is open in a running session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Terminal {
    #[cfg_attr(feature = "ssr", schema(value_type = u8, minimum = 1, maximum = 6))]
    pub id: TerminalId,
    pub title: String,
    /// The foreground process' name.
    pub process: String,
    pub cols: u16,
    pub rows: u16,
    /// Connected clients.
    pub clients: u32,
}

/// A file that was uploaded into a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Uploaded {
    /// Where it is in the container.
    pub path: String,
}

/// The address on which a sign-in ended in the person's browser, for the program in the container that waits
/// for it. It holds a code that is as good as a password for a moment, so it has no `Debug`.
#[derive(Clone, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignInCallback {
    /// `http://`, then `localhost`, `127.0.0.1` or `[::1]`, a port, path and query.
    #[garde(custom(leads_to_loopback))]
    pub url: String,
}

fn leads_to_loopback(url: &str, (): &()) -> garde::Result {
    url.parse::<protocol::loopback::LoopbackAddress>().map(drop).map_err(garde::Error::new)
}

/// What the program in the container answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SignInAnswer {
    /// Its HTTP status; 200 to 399 when it took the code.
    pub status: u16,
}
