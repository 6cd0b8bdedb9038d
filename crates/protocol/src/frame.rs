//! Frames of a terminal's socket, browser ↔ server ↔ guest.
//!
//! Binary frames are raw terminal bytes, both ways; a client's input is nothing else. Text frames
//! are the JSON below. Output that looks like such JSON travels in binary frames, so it can't be
//! mistaken for one. The server copies frames without reading them; browser and guest speak this.

use serde::{Deserialize, Serialize};

/// The longest frame a client may send, bytes. A longer one closes the socket with 1009.
pub const MAX_CLIENT_FRAME: usize = 64 * 1024;
/// The longest binary frame a guest sends, bytes.
pub const MAX_OUTPUT_FRAME: usize = 64 * 1024;
/// How far, in bytes, the PTY is read beyond what the driver has acknowledged.
pub const DRIVER_WINDOW: u64 = 256 * 1024;
/// How often, in bytes, a client should acknowledge.
pub const ACK_INTERVAL: u64 = 64 * 1024;
/// How much of a terminal's past output is kept for a reconnect, bytes.
pub const RING_BYTES: usize = 1024 * 1024;
/// Lines of scrollback the guest keeps per terminal.
pub const SCROLLBACK_LINES: usize = 10_000;
/// Lines of scrollback that a snapshot restores at most.
pub const SNAPSHOT_LINES: usize = 1_000;
/// The fewest columns or rows a terminal may have.
pub const MIN_DIMENSION: u16 = 2;
/// The most columns or rows a terminal may have.
pub const MAX_DIMENSION: u16 = 1_000;

/// A terminal's size in cells, each within [`MIN_DIMENSION`]–[`MAX_DIMENSION`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

impl Size {
    /// What a terminal has until somebody says otherwise.
    pub const DEFAULT: Self = Self { cols: 80, rows: 24 };

    /// Whether both are within bounds.
    #[must_use]
    pub fn is_valid(self) -> bool {
        let range = MIN_DIMENSION..=MAX_DIMENSION;
        range.contains(&self.cols) && range.contains(&self.rows)
    }
}

/// What a client may say in a text frame. An unknown `type` or field closes with 4400.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// The client's size; obeyed from the driver only.
    Resize { cols: u16, rows: u16 },
    /// Bytes that the client's terminal has parsed, counted from the stream's start.
    Ack { offset: u64 },
    /// Answered by `pong` with the same `t`, from the guest.
    Ping { t: f64 },
    /// This client becomes the driver.
    TakeControl,
}

/// What a guest says in a text frame. A client skips a `type` that it doesn't know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The first frame. `offset` is that of the next binary byte that is not part of a snapshot.
    Hello {
        /// Changes whenever offsets start anew; sent back as `epoch` on a reconnect.
        epoch: String,
        offset: u64,
        cols: u16,
        rows: u16,
        /// Whether this client drives.
        driver: bool,
        title: String,
        /// The foreground process' name.
        process: String,
    },
    /// The next binary frames, `bytes` long in all, redraw everything from nothing. They are not
    /// part of the stream: the byte after them is that at `offset`.
    Snapshot { offset: u64, bytes: u64 },
    /// The title a program set with OSC 0 or 2.
    Title { title: String },
    /// The foreground process changed.
    Process { name: String },
    /// The working directory a program reported with OSC 7: an absolute path.
    Cwd { path: String },
    /// BEL was written.
    Bell,
    /// OSC 9 or 777.
    Notification { title: String, body: String },
    /// Who drives, and how many are connected.
    Driver { you: bool, count: u32 },
    /// The driver changed the terminal's size.
    Resized { cols: u16, rows: u16 },
    /// The process ended: exactly one of the two is set.
    Exit { code: Option<i32>, signal: Option<i32> },
    /// The answer to `ping`.
    Pong { t: f64 },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_documented_form() {
        let frame = ServerFrame::Snapshot { offset: 7, bytes: 9 };
        assert_eq!(serde_json::to_string(&frame).expect("json"), r#"{"type":"snapshot","offset":7,"bytes":9}"#);
        let resize: ClientFrame = serde_json::from_str(r#"{"type":"resize","cols":80,"rows":24}"#).expect("resize");
        assert_eq!(resize, ClientFrame::Resize { cols: 80, rows: 24 });
        assert_eq!(serde_json::to_string(&ClientFrame::TakeControl).expect("json"), r#"{"type":"take_control"}"#);
    }

    #[test]
    fn what_is_not_a_client_frame_is_refused() {
        for wrong in [
            r#"{"type":"exit","code":0}"#,
            r#"{"type":"resize","cols":80}"#,
            r#"{"type":"resize","cols":-1,"rows":24}"#,
            r#"{"type":"resize","cols":65536,"rows":24}"#,
            r#"{"type":"resize","cols":80,"rows":24,"extra":1}"#,
            r#"{"type":"ack","offset":1e30}"#,
            "[]",
            "",
            "null",
        ] {
            assert!(serde_json::from_str::<ClientFrame>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_bounds() {
        assert!(Size { cols: 2, rows: 1000 }.is_valid());
        for (cols, rows) in [(0, 24), (1, 24), (80, 0), (1001, 24), (80, 65535)] {
            assert!(!Size { cols, rows }.is_valid(), "{cols}x{rows}");
        }
    }
}
