//! CSI sequences: cursor movement, erasing, insertion and deletion. Modes, SGR, reports and keyboard
//! flags have files of their own.

use super::cell::{Cell, PROTECTED, Pen};
use super::parser::Params;
use super::state::State;

/// An intermediate or prefix as the parser collects it.
const fn mark(byte: u8) -> u32 {
    byte as u32
}
const NONE: u32 = 0;
const PRIVATE: u32 = mark(b'?');
const GREATER: u32 = mark(b'>');
const LESS: u32 = mark(b'<');
const EQUAL: u32 = mark(b'=');
const SPACE: u32 = mark(b' ');
const QUOTE: u32 = mark(b'\'');

impl State {
    pub(super) fn dispatch_csi(&mut self, p: &Params, collect: u32, last: u8) {
        let n = p.count(0);
        match (collect, last) {
            (NONE, b'm') => self.select_graphics(p),
            (NONE, b'H' | b'f') => self.set_cursor(p.count(1) - 1, n - 1),
            (NONE, b'K') => self.erase_in_line(p.get(0), false),
            (NONE, b'A') => self.cursor_up(n),
            (NONE, b'B') => self.cursor_down(n),
            (NONE, b'C' | b'a') => self.move_cursor(n as isize, 0),
            (NONE, b'D') => self.move_cursor(-(n as isize), 0),
            (NONE, b'E') => {
                self.cursor_down(n);
                self.x = 0;
            }
            (NONE, b'F') => {
                self.cursor_up(n);
                self.x = 0;
            }
            (NONE, b'G' | b'`') => self.set_cursor(n - 1, self.y),
            (NONE, b'd') => self.set_cursor(self.x, n - 1),
            (NONE, b'e') => self.move_cursor(0, n as isize),
            (NONE, b'I') => self.tab_forward(n),
            (NONE, b'Z') => self.tab_backward(n),
            (NONE, b'g') => self.clear_tabs(p.get(0)),
            (NONE, b'J') => self.erase_in_display(p.get(0), false),
            (PRIVATE, b'J') => self.erase_in_display(p.get(0), true),
            (PRIVATE, b'K') => self.erase_in_line(p.get(0), true),
            (NONE, b'L') => self.insert_lines(n),
            (NONE, b'M') => self.delete_lines(n),
            (NONE, b'S') => self.scroll_up(n),
            (NONE, b'T') => self.scroll_down(n),
            (NONE, b'@') => self.in_row(|row, x, blank| row.insert(x, n, blank)),
            (NONE, b'P') => self.in_row(|row, x, blank| row.delete(x, n, blank)),
            (NONE, b'X') => self.in_row(|row, x, blank| row.erase(x, x.saturating_add(n), blank, false)),
            (SPACE, b'@') => self.in_region(|row, _, blank| row.delete(0, n, blank)),
            (SPACE, b'A') => self.in_region(|row, _, blank| row.insert(0, n, blank)),
            (QUOTE, b'}') => self.in_region(|row, x, blank| row.insert(x, n, blank)),
            (QUOTE, b'~') => self.in_region(|row, x, blank| row.delete(x, n, blank)),
            (NONE, b'b') => self.repeat(n),
            (NONE, b'r') => self.set_region(p),
            (NONE, b's') => self.save_cursor(),
            (NONE, b'u') => self.restore_cursor(),
            (NONE, b't') => self.window(p),
            (NONE, b'h' | b'l') => self.set_modes(p, last == b'h'),
            (PRIVATE, b'h' | b'l') => self.set_private_modes(p, last == b'h'),
            (SPACE, b'q') => self.modes.set_cursor_style(p.get(0)),
            (0x21, b'p') => self.soft_reset(),
            (0x22, b'q') => match p.get(0) {
                1 => self.pen.bg |= PROTECTED,
                0 | 2 => self.pen.bg &= !PROTECTED,
                _ => {}
            },
            (PRIVATE, b'u') => self.reply_keyboard(),
            (GREATER, b'u') => self.keyboard_mut().push(p.get(0)),
            (LESS, b'u') => self.keyboard_mut().pop(n),
            (EQUAL, b'u') => self.keyboard_mut().set(p.get(0), p.get(1)),
            _ => self.reply(p, collect, last),
        }
    }

    fn cursor_up(&mut self, n: usize) {
        // Moving up stops at the region's top if it starts below it.
        let room = self.y.checked_sub(self.grid().top);
        self.move_cursor(0, -(room.map_or(n, |room| room.min(n)) as isize));
    }

    fn cursor_down(&mut self, n: usize) {
        let room = self.grid().bottom.checked_sub(self.y);
        self.move_cursor(0, room.map_or(n, |room| room.min(n)) as isize);
    }

    fn tab_forward(&mut self, n: usize) {
        let cols = self.cols();
        if self.x < cols {
            for _ in 0..n.min(cols) {
                self.x = self.grid().tabs.after(self.x, cols);
            }
        }
    }

    fn tab_backward(&mut self, n: usize) {
        let cols = self.cols();
        if self.x < cols {
            for _ in 0..n.min(cols) {
                self.x = self.grid().tabs.before(self.x, cols);
            }
        }
    }

    fn clear_tabs(&mut self, what: i32) {
        let x = self.x;
        match what {
            0 => self.grid_mut().tabs.set(x, false),
            3 => self.grid_mut().tabs.clear(),
            _ => {}
        }
    }

    fn erase_in_line(&mut self, what: i32, keep_protected: bool) {
        let cols = self.cols();
        self.restrict_cursor(cols);
        let (x, blank) = (self.x, self.blank());
        let y = self.y;
        let row = &mut self.grid_mut().rows[y];
        let (start, end) = match what {
            0 => (x, cols),
            1 => (0, x + 1),
            2 => (0, cols),
            _ => return,
        };
        row.erase(start, end, blank, keep_protected);
        if what == 2 || (what == 0 && x == 0) {
            row.wrapped = false;
        }
    }

    /// Empties the rows `rows`, but for protected cells if those are kept.
    fn erase_rows(&mut self, rows: std::ops::Range<usize>, keep_protected: bool) {
        let (cols, blank) = (self.cols(), self.blank());
        for row in self.grid_mut().rows.range_mut(rows) {
            row.erase(0, cols, blank, keep_protected);
            row.wrapped = false;
        }
    }

    fn erase_in_display(&mut self, what: i32, keep_protected: bool) {
        let (cols, height) = (self.cols(), self.height());
        self.restrict_cursor(cols);
        let (x, y, blank) = (self.x, self.y, self.blank());
        match what {
            0 => {
                let row = &mut self.grid_mut().rows[y];
                row.erase(x, cols, blank, keep_protected);
                row.wrapped &= x != 0;
                self.erase_rows(y + 1..height, keep_protected);
            }
            1 => {
                let row = &mut self.grid_mut().rows[y];
                row.erase(0, x + 1, blank, keep_protected);
                row.wrapped = false;
                if x + 1 >= cols && y + 1 < height {
                    self.grid_mut().rows[y + 1].wrapped = false;
                }
                self.erase_rows(0..y, keep_protected);
            }
            2 => self.erase_rows(0..height, keep_protected),
            3 if !self.is_alternate => {
                // xterm.js would let the saved cursor drift by the lines that went; it stays.
                let above = self.scrollback.len();
                self.scrollback.clear();
                let saved = &mut self.normal.saved;
                saved.y = saved.y.saturating_sub(above).min(height - 1);
            }
            _ => {}
        }
    }

    fn in_row(&mut self, change: impl Fn(&mut super::grid::Row, usize, Cell)) {
        self.restrict_cursor(self.cols() - 1);
        let (x, y, blank) = (self.x, self.y, self.blank());
        change(&mut self.grid_mut().rows[y], x, blank);
    }

    fn in_region(&mut self, change: impl Fn(&mut super::grid::Row, usize, Cell)) {
        let (top, bottom) = (self.grid().top, self.grid().bottom);
        if !(top..=bottom).contains(&self.y) {
            return;
        }
        // xterm.js counts columns from the row's start again once past its end.
        let (x, blank) = (self.x % self.cols(), self.blank());
        for row in self.grid_mut().rows.range_mut(top..=bottom) {
            change(row, x, blank);
            row.wrapped = false;
        }
    }

    fn insert_lines(&mut self, n: usize) {
        self.restrict_cursor(self.cols() - 1);
        let (y, pen) = (self.y, self.pen.erase());
        let (top, bottom) = (self.grid().top, self.grid().bottom);
        if (top..=bottom).contains(&y) {
            for _ in 0..n.min(bottom - y + 1) {
                self.grid_mut().scroll_down(y, bottom, pen);
            }
            self.x = 0;
        }
    }

    fn delete_lines(&mut self, n: usize) {
        self.restrict_cursor(self.cols() - 1);
        let (y, pen) = (self.y, self.pen.erase());
        let (top, bottom) = (self.grid().top, self.grid().bottom);
        if (top..=bottom).contains(&y) {
            for _ in 0..n.min(bottom - y + 1) {
                self.grid_mut().scroll_up(y, bottom, pen, false);
            }
            self.x = 0;
        }
    }

    /// SU. Unlike a line feed it gives nothing to the scrollback.
    fn scroll_up(&mut self, n: usize) {
        let (top, bottom, pen) = (self.grid().top, self.grid().bottom, self.pen.erase());
        for _ in 0..n.min(bottom - top + 1) {
            self.grid_mut().scroll_up(top, bottom, pen, false);
        }
    }

    /// SD. What comes in has no colour.
    fn scroll_down(&mut self, n: usize) {
        let (top, bottom) = (self.grid().top, self.grid().bottom);
        for _ in 0..n.min(bottom - top + 1) {
            self.grid_mut().scroll_down(top, bottom, Pen::DEFAULT);
        }
    }

    fn set_region(&mut self, p: &Params) {
        let height = self.height();
        let top = p.count(0);
        let bottom = match usize::try_from(p.get(1)) {
            Ok(bottom @ 1..) if bottom <= height => bottom,
            _ => height,
        };
        if bottom > top {
            let grid = self.grid_mut();
            grid.top = top - 1;
            grid.bottom = bottom - 1;
            self.set_cursor(0, 0);
        }
    }

    /// DECALN.
    pub(super) fn alignment_pattern(&mut self) {
        let (cols, pen) = (self.cols(), Pen { ext: 0, ..self.pen });
        self.set_cursor(0, 0);
        let from = self.y;
        for row in self.grid_mut().rows.range_mut(from..) {
            row.fill(0, cols, Cell::ascii(b'E', pen));
            row.wrapped = false;
        }
        self.set_cursor(0, 0);
    }

    /// XTWINOPS: only the title stack. Nothing is resized, moved or reported.
    fn window(&mut self, p: &Params) {
        if !matches!(p.get(1), 0 | 2) {
            return;
        }
        match p.get(0) {
            22 => self.titles.push(),
            23 => {
                if let Some(title) = self.titles.pop() {
                    self.emit(super::ScreenEvent::Title(title));
                }
            }
            _ => {}
        }
    }
}
