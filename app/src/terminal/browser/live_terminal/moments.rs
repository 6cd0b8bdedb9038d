//! Moments of a terminal's life, as marks in the browser's own timeline. See docs/benchmarks.md.

use std::cell::Cell;

use super::{LiveTerminal, with};
use crate::terminal::browser::xterm;

thread_local! {
    /// Whether a terminal of this page has been drawn.
    static INTERACTIVE: Cell<bool> = const { Cell::new(false) };
}

/// What has been told of a connection.
#[derive(Clone, Copy, PartialEq)]
pub enum Moment {
    /// A key is on its way, and its echo awaited.
    Key,
    /// The socket is open, and its first output awaited.
    Open,
}

impl LiveTerminal {
    pub(super) fn key_sent(&self) {
        xterm::mark("berth:key");
        self.awaited.set(Some(Moment::Key));
    }

    pub(super) fn socket_opened(&self) {
        xterm::mark("berth:socket-open");
        self.awaited.set(Some(Moment::Open));
    }

    /// Output was parsed, and is on the screen with the next frame.
    pub(super) fn drawn(&self) {
        let Some(moment) = self.awaited.take() else { return };
        let painted = with(&self.this, move |_, ()| match moment {
            Moment::Key => xterm::mark("berth:echo-painted"),
            Moment::Open => {
                xterm::mark("berth:on-screen");
                if !INTERACTIVE.replace(true) {
                    xterm::mark("berth:terminal-interactive");
                }
            }
        });
        xterm::once_after_frame(move || painted(()));
    }
}
