//! Putting characters onto the screen.

use super::cell::Cell;
use super::charset::Charset;
use super::parser::{Params, Perform};
use super::state::State;
use super::{ScreenEvent, width};

impl State {
    /// Goes to the next row because a character does not fit.
    #[inline(never)]
    fn wrap(&mut self) {
        self.x = 0;
        self.y += 1;
        if self.y == self.grid().bottom + 1 {
            self.y -= 1;
            self.scroll(true);
        } else {
            self.y = self.y.min(self.height() - 1);
            let y = self.y;
            self.grid_mut().rows[y].wrapped = true;
        }
    }

    /// A character by itself, after mapping.
    pub(super) fn put(&mut self, c: char) {
        let own = width::of(c);
        let (cols, pen) = (self.cols(), self.pen);
        let (x, y) = (self.x, self.y);
        if x > 0 && self.grid().rows[y].get(x - 1).is_wide() {
            let row = &mut self.grid_mut().rows[y];
            row.leave(x - 1, pen);
            row.leave(x, pen);
        }
        if own == 0 && self.join > 0 && x > 0 {
            let row = &self.grid().rows[y];
            let at = if row.get(x - 1).is_tail() { x.saturating_sub(2) } else { x - 1 };
            let cell = row.get(at);
            let cell = self.extras.add_mark(cell, c);
            self.grid_mut().rows[y].set(at, cell);
            return self.sweep();
        }
        let width = usize::from(own);
        if x + width > cols {
            if self.modes.autowrap {
                // xterm.js wraps such a line anew without this column, and knows it by its being empty in whatever pen.
                self.grid_mut().rows[y].fill(x, cols, Cell::empty(pen));
                self.wrap();
            } else {
                self.x = cols - 1;
                if width == 2 {
                    self.join = 0;
                    return;
                }
                // The last column may be the second half of a wide character.
                let row = &mut self.grid_mut().rows[y];
                if row.get(cols - 2).is_wide() {
                    row.leave(cols - 2, pen);
                }
            }
        }
        if self.x >= cols {
            // A mark that joins nothing, past the end: there is no cell for it.
            self.join = 0;
            return;
        }
        let (x, y, insert) = (self.x, self.y, self.modes.insert);
        let row = &mut self.grid_mut().rows[y];
        if insert && width > 0 {
            row.insert(x, width, Cell::empty(pen));
        }
        if width == 2 {
            row.set(x, Cell::wide(c, pen));
            row.set(x + 1, Cell::tail(pen));
        } else {
            row.set(x, Cell::narrow(c, pen));
        }
        let after = x + width.max(1);
        if after < cols && row.get(after).is_tail() {
            row.leave(after, pen);
        }
        self.x = after;
        self.join = own;
    }

    /// REP: the cell before the cursor `count` times more.
    pub(super) fn repeat(&mut self, count: usize) {
        if self.join == 0 {
            return;
        }
        let Some(at) = self.x.checked_sub(usize::from(self.join)) else { return };
        let cell = self.grid().rows[self.y].get(at);
        let text: Vec<char> = match cell.cluster() {
            Some(cluster) => self.extras.cluster(cluster).to_vec(),
            None => cell.char().into_iter().collect(),
        };
        // More than fills the screen is not text.
        for _ in 0..count.min(self.cols() * self.height()) {
            for c in &text {
                match u8::try_from(*c) {
                    Ok(byte @ 0x20..=0x7e) => self.put(self.charset.map(byte)),
                    _ => self.put(*c),
                }
            }
        }
    }
}

impl Perform for State {
    fn print_ascii(&mut self, run: &[u8]) {
        if self.charset != Charset::Ascii || self.modes.insert || !self.modes.autowrap {
            for byte in run {
                self.put(self.charset.map(*byte));
            }
            return;
        }
        let (cols, pen) = (self.cols(), self.pen);
        let mut rest = run;
        while !rest.is_empty() {
            if self.x >= cols {
                self.wrap();
            }
            let (x, y) = (self.x, self.y);
            let count = rest.len().min(cols - x);
            let (now, later) = rest.split_at(count);
            let row = &mut self.grid_mut().rows[y];
            if x > 0 && row.get(x - 1).is_wide() {
                row.leave(x - 1, pen);
            }
            if row.get(x + count).is_tail() {
                row.leave(x + count, pen);
            }
            for (cell, byte) in row.span(x, count).iter_mut().zip(now) {
                *cell = Cell::ascii(*byte, pen);
            }
            self.x = x + count;
            rest = later;
        }
        self.join = 1;
    }

    fn print(&mut self, c: char) {
        self.put(c);
    }

    fn execute(&mut self, control: u32) {
        self.join = 0;
        match control {
            0x07 => self.emit(ScreenEvent::Bell),
            0x08 => self.backspace(),
            0x09 if self.x < self.cols() => self.x = self.grid().tabs.after(self.x, self.cols()),
            0x0a..=0x0c => self.line_feed(),
            0x0d => self.x = 0,
            0x0e => self.set_level(1),
            0x0f => self.set_level(0),
            0x84 => self.index(),
            0x85 => {
                self.x = 0;
                self.index();
            }
            // Past the last column xterm.js sets one that only a wider screen has; no snapshot could carry it.
            0x88 if self.x < self.cols() => {
                let x = self.x;
                self.grid_mut().tabs.set(x, true);
            }
            _ => {}
        }
    }

    fn csi(&mut self, params: &Params, collect: u32, last: u8) {
        self.dispatch_csi(params, collect, last);
        self.join = 0;
        self.settle_pending();
    }

    fn esc(&mut self, collect: u32, last: u8) {
        self.join = 0;
        match (collect, last) {
            (0, b'7') => self.save_cursor(),
            (0, b'8') => self.restore_cursor(),
            (0, b'D') => self.index(),
            (0, b'E') => self.execute(0x85),
            (0, b'H') => self.execute(0x88),
            (0, b'M') => self.reverse_index(),
            (0, b'=') => self.modes.keypad = true,
            (0, b'>') => self.modes.keypad = false,
            (0, b'c') => self.full_reset(),
            (0, b'n' | b'}') => self.set_level(2),
            (0, b'o' | b'|') => self.set_level(3),
            (0, b'~') => self.set_level(1),
            (0x25, b'@' | b'G') => {
                self.set_level(0);
                self.set_charset(0, Charset::Ascii);
            }
            (0x23, b'8') => self.alignment_pattern(),
            (0x28..=0x2e, last) => {
                let level = match collect {
                    0x28 => 0,
                    0x29 | 0x2d => 1,
                    0x2a | 0x2e => 2,
                    0x2b => 3,
                    _ => return,
                };
                if let Some(charset) = Charset::named(last) {
                    self.set_charset(level, charset);
                }
            }
            _ => {}
        }
    }

    fn osc(&mut self, payload: &[u8]) {
        self.join = 0;
        self.dispatch_osc(payload);
        self.sweep();
    }

    fn dcs(&mut self, collect: u32, last: u8, payload: &[u8]) {
        self.join = 0;
        if collect == u32::from(b'$') && last == b'q' {
            self.reply_status(payload);
        }
    }
}
