//! From the socket's bytes to xterm.js' screen, and what happens when that fails.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use protocol::frame::ClientFrame;

use super::{Event, LiveTerminal, handlers, with};
use crate::terminal::browser::socket::BROKEN;
use crate::terminal::browser::widget::Widget;
use crate::terminal::pacer::PIECE;
use crate::terminal::stream::Chunk;

/// How many bytes may wait to be parsed. A driver is never sent as many; a watcher that falls this
/// far behind lets go, and comes back to a snapshot. xterm.js itself would throw at 50 MB.
const MAX_UNPARSED: usize = 8 * 1024 * 1024;
/// How long xterm.js may take over a piece before it counts as dead, milliseconds.
const DEAD_MS: u32 = 10_000;
/// How often a screen is made anew in a page's life. A program that kills it over and over would
/// otherwise keep the page busy with nothing else.
const MAX_REBUILDS: u32 = 8;

impl LiveTerminal {
    pub(super) fn draw(&self, frame: &[u8]) {
        let chunks = self.work.borrow_mut().stream.received(frame);
        chunks.into_iter().flatten().for_each(|chunk| self.write(chunk));
    }

    pub(super) fn write(&self, chunk: Chunk<'_>) {
        let mut work = self.work.borrow_mut();
        work.backlog.push(chunk);
        let overflows = work.backlog.bytes() > MAX_UNPARSED;
        drop(work);
        if overflows {
            self.hear(Event::Closed(BROKEN));
        }
        self.turn.came(chunk.bytes.len());
    }

    /// Hands the next piece to xterm.js; says whether another could follow at once.
    pub fn write_piece(&self) -> bool {
        let mut work = self.work.borrow_mut();
        let Some(piece) = work.backlog.take(PIECE) else { return false };
        let piece = js_sys::Uint8Array::from(piece);
        drop(work);
        if self.widget().write(&piece).is_err() {
            self.failed();
            return false;
        }
        let mut work = self.work.borrow_mut();
        if work.backlog.is_under_way() {
            // Told later, which is unusual: it may be dead.
            let dead = with(&self.this, |this, ()| this.rebuild());
            work.watchdog = Some(Timeout::new(DEAD_MS, move || dead(())));
        }
        work.backlog.is_ready()
    }

    /// The piece under way is parsed.
    pub(super) fn parsed(&self) {
        let mut work = self.work.borrow_mut();
        let was_late = work.watchdog.take().is_some();
        let mark = work.backlog.parsed();
        if let Some(mark) = mark.filter(|mark| mark.generation == work.stream.generation()) {
            let due = work.acks.parsed(mark.offset, mark.snapshot);
            if let (Some(offset), Some(socket)) = (due, &work.socket) {
                socket.control(&ClientFrame::Ack { offset });
            }
        }
        let waits = work.backlog.is_ready();
        drop(work);
        self.drawn();
        if was_late {
            self.turn.freed(waits);
        }
    }

    /// xterm.js' parser threw: its state is anybody's guess. Not at once, for it is on the stack.
    pub(super) fn failed(&self) {
        let rebuild = with(&self.this, |this, ()| this.rebuild());
        self.work.borrow_mut().rebuild = Some(Timeout::new(0, move || rebuild(())));
    }

    /// Makes the screen anew, and has the guest send what is on it.
    fn rebuild(&self) {
        let rebuilds = self.rebuilds.get();
        if rebuilds == MAX_REBUILDS {
            // After a throw it goes on as it is; one that parses nothing any more can't.
            if self.work.borrow().backlog.is_under_way() {
                let what = "A program's output broke this terminal's screen too often.".to_owned();
                let _ = self.state.broken.try_set(Some(what));
            }
            return;
        }
        self.rebuilds.set(rebuilds + 1);
        let mut work = self.work.borrow_mut();
        work.watchdog = None;
        work.rebuild = None;
        work.backlog.clear();
        work.stream.lost();
        work.socket = None;
        drop(work);
        let (had_focus, size) = (self.widget().has_focus(), self.widget().size());
        // The old one goes first: both would measure the same place.
        self.widget.borrow().dispose();
        let widget = Widget::new(&self.parent, self.state, self.preferences, handlers(&self.this));
        // Out of sight it can't be fitted, and the program is to keep the size that it has.
        widget.resize(size);
        self.widget.replace(widget.into());
        let _ = self.state.has_selection.try_set(false);
        if had_focus {
            self.widget().focus();
        }
        self.turn.freed(false);
        self.step(|link| {
            link.closed(BROKEN, 0.0);
            link.again()
        });
    }
}
