//! A terminal without a display: what the page would show, kept so that it can be shown again.
//!
//! It does with the bytes what xterm.js 6 does, because that is where its snapshots go; where the two
//! would differ from a real VT520, xterm.js wins. It owns no file descriptor and no clock. Everything
//! a program can make it keep is bounded. Why this is our own and not a library is in
//! `docs/decisions/001-screen-emulator.md`.

mod cell;
mod charset;
mod color;
mod contents;
mod csi;
mod dump;
mod extras;
mod grid;
mod keyboard;
mod modes;
mod osc;
mod parser;
mod print;
mod reply;
mod resize;
mod scrollback;
mod sgr;
mod snapshot;
mod state;
mod titles;
mod width;

use protocol::frame::Size;
use protocol::guest::Progress;

use parser::Parser;
use state::State;

/// Events reported of one [`Screen::advance`]. Later ones are dropped: a program that writes more
/// than these in one read is flooding.
const MAX_EVENTS: usize = 256;

/// Something a program did besides drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScreenEvent {
    /// OSC 0 or 2, or a title taken back from the stack.
    Title(String),
    /// OSC 7: an absolute path.
    Cwd(String),
    /// BEL.
    Bell,
    /// OSC 9 or 777.
    Notification { title: String, body: String },
    /// The answer to a query, as a terminal would type it. Only for when no real one is attached.
    Reply(Vec<u8>),
}

/// A terminal's screen, scrollback and modes.
#[derive(Debug)]
pub struct Screen {
    parser: Parser,
    state: State,
}

impl Screen {
    /// An empty screen that keeps `scrollback_lines` lines. A size out of bounds is brought within.
    #[must_use]
    pub fn new(size: Size, scrollback_lines: usize) -> Self {
        Self { parser: Parser::new(), state: State::new(resize::clamp(size), scrollback_lines) }
    }

    /// Takes in output, cut anywhere, and appends to `events` what happened besides drawing.
    /// Repeated bells, titles and directories within one call are reported once, the last ones.
    pub fn advance(&mut self, bytes: &[u8], events: &mut Vec<ScreenEvent>) {
        self.parser.advance(bytes, &mut self.state);
        events.append(&mut self.state.events);
    }

    /// Changes the size as xterm.js does: wrapped lines of the normal screen are wrapped anew, but
    /// for the one the cursor is in; rows come from and go to the scrollback.
    pub fn resize(&mut self, size: Size) {
        self.state.resize(resize::clamp(size));
    }

    /// The size in cells.
    #[must_use]
    pub fn size(&self) -> Size {
        self.state.size
    }

    /// Bytes that bring a freshly reset xterm.js of the same size to this state, with at most
    /// `scrollback_lines` lines of scrollback, ready for the bytes that come next in the stream.
    #[must_use]
    pub fn snapshot(&self, scrollback_lines: usize) -> Vec<u8> {
        let mut bytes = snapshot::write(&self.state, scrollback_lines);
        bytes.extend(self.parser.unfinished());
        bytes
    }

    /// Scrollback and screen, a line of output a line, as plain text or with SGR sequences.
    #[must_use]
    pub fn contents(&self, ansi: bool) -> Vec<u8> {
        contents::write(&self.state, ansi)
    }

    /// The title a program set, without control characters.
    #[must_use]
    pub fn title(&self) -> &str {
        self.state.titles.current()
    }

    /// The working directory a program reported: an absolute path.
    #[must_use]
    pub fn cwd(&self) -> Option<&str> {
        self.state.cwd.as_deref()
    }

    /// What a program said last of its progress.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.state.progress
    }

    /// The whole state as text, for comparing two screens in tests. With `scrollback_lines`, only so
    /// many of the newest lines; the first of them is taken to begin a line, as in a snapshot.
    #[doc(hidden)]
    #[must_use]
    pub fn dump(&self, scrollback_lines: usize) -> String {
        dump::write(&self.state, scrollback_lines, &self.parser.unfinished())
    }
}
