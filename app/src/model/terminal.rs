//! A terminal as the page and the API see it.

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
