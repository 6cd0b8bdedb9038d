//! Everything a sequence can change, and the moves that several of them share.

use protocol::frame::Size;
use protocol::guest::Progress;

use super::cell::{Cell, Pen};
use super::charset::Charset;
use super::color::Colors;
use super::extras::Extras;
use super::grid::{Grid, Saved};
use super::keyboard::Keyboard;
use super::modes::Modes;
use super::scrollback::Scrollback;
use super::titles::Titles;
use super::{MAX_EVENTS, ScreenEvent};

#[derive(Debug)]
pub(super) struct State {
    pub size: Size,
    pub normal: Grid,
    /// Without rows while it isn't shown.
    pub alternate: Grid,
    pub is_alternate: bool,
    /// The cursor of the normal screen while the alternate one is shown.
    pub normal_cursor: (usize, usize),
    pub scrollback: Scrollback,
    pub extras: Extras,
    /// Column, equal to the width when the next character wraps.
    pub x: usize,
    pub y: usize,
    pub pen: Pen,
    /// The character set in use. Not always that of `level`: DECRC restores it alone.
    pub charset: Charset,
    pub sets: [Charset; 4],
    pub level: usize,
    /// Columns of the character just printed, for a mark or REP that follows; 0 after anything else.
    pub join: u8,
    pub modes: Modes,
    pub keyboards: [Keyboard; 2],
    pub colors: Colors,
    pub titles: Titles,
    pub cwd: Option<String>,
    pub progress: Progress,
    pub events: Vec<ScreenEvent>,
}

impl State {
    pub fn new(size: Size, scrollback_lines: usize) -> Self {
        let mut alternate = Grid::new(size);
        alternate.rows.clear();
        Self {
            size,
            normal: Grid::new(size),
            alternate,
            is_alternate: false,
            normal_cursor: (0, 0),
            scrollback: Scrollback::new(scrollback_lines),
            extras: Extras::default(),
            x: 0,
            y: 0,
            pen: Pen::DEFAULT,
            charset: Charset::Ascii,
            sets: [Charset::Ascii; 4],
            level: 0,
            join: 0,
            modes: Modes::default(),
            keyboards: Default::default(),
            colors: Colors::default(),
            titles: Titles::default(),
            cwd: None,
            progress: Progress::None,
            events: Vec::new(),
        }
    }

    pub fn cols(&self) -> usize {
        usize::from(self.size.cols)
    }

    pub fn height(&self) -> usize {
        usize::from(self.size.rows)
    }

    pub fn grid(&self) -> &Grid {
        if self.is_alternate { &self.alternate } else { &self.normal }
    }

    pub fn grid_mut(&mut self) -> &mut Grid {
        if self.is_alternate { &mut self.alternate } else { &mut self.normal }
    }

    pub fn keyboard_mut(&mut self) -> &mut Keyboard {
        &mut self.keyboards[usize::from(self.is_alternate)]
    }

    /// Lines above the screen, as xterm.js counts them for a saved cursor.
    pub fn lines_above(&self) -> usize {
        if self.is_alternate { 0 } else { self.scrollback.len() }
    }

    /// An erased cell of now.
    pub fn blank(&self) -> Cell {
        Cell::empty(self.pen.erase())
    }

    /// Reports something. A bell, title or directory replaces the one before.
    pub fn emit(&mut self, event: ScreenEvent) {
        if matches!(event, ScreenEvent::Title(_) | ScreenEvent::Cwd(_) | ScreenEvent::Bell) {
            let kind = std::mem::discriminant(&event);
            self.events.retain(|earlier| std::mem::discriminant(earlier) != kind);
        } else if self.events.len() >= MAX_EVENTS {
            return;
        }
        self.events.push(event);
    }

    /// Brings the cursor onto the screen, or into the region in origin mode; `max_x` is the last
    /// column, or one more where a pending wrap may stay.
    pub fn restrict_cursor(&mut self, max_x: usize) {
        self.x = self.x.min(max_x);
        let (top, bottom) = (self.grid().top, self.grid().bottom);
        self.y = if self.modes.origin { self.y.clamp(top, bottom) } else { self.y.min(self.height() - 1) };
    }

    /// Moves the cursor to a position, relative to the region in origin mode.
    pub fn set_cursor(&mut self, x: usize, y: usize) {
        self.x = x;
        self.y = if self.modes.origin { self.grid().top + y } else { y };
        self.restrict_cursor(self.cols() - 1);
    }

    /// Moves the cursor by so much.
    pub fn move_cursor(&mut self, x: isize, y: isize) {
        self.restrict_cursor(self.cols() - 1);
        // xterm.js passes the absolute row on as if it were relative, so in origin mode a vertical
        // or horizontal move below the top of the region goes further down. It is matched here.
        self.set_cursor(self.x.saturating_add_signed(x), self.y.saturating_add_signed(y));
    }

    /// Puts a blank where a wrap pends over nothing on the alternate screen, as scrolling may leave it. xterm.js leaves the
    /// cell empty, which looks the same, and no snapshot could: only printing there makes a wrap pend.
    pub fn settle_pending(&mut self) {
        let (cols, y) = (self.cols(), self.y);
        if self.is_alternate
            && self.x >= cols
            && let Some(row) = self.alternate.rows.get_mut(y)
            && row.get(cols - 1).is_empty()
        {
            row.set(cols - 1, Cell::ascii(b' ', row.get(cols - 1).pen));
        }
    }

    /// Scrolls the region by one line for a line feed or a wrap at its bottom. The line that leaves
    /// the top of the normal screen goes to the scrollback.
    pub fn scroll(&mut self, wrapped: bool) {
        let pen = self.pen.erase();
        let (top, bottom) = (self.grid().top, self.grid().bottom);
        if !self.is_alternate && top == 0 {
            if self.normal.rows[0].wrapped {
                self.renew_newest(self.cols());
            }
            self.scrollback.push(&self.normal.rows[0], &self.extras);
        }
        self.grid_mut().scroll_up(top, bottom, pen, wrapped);
    }

    /// LF, VT or FF.
    pub fn line_feed(&mut self) {
        if self.modes.new_line {
            self.x = 0;
        }
        self.y += 1;
        if self.y == self.grid().bottom + 1 {
            self.y -= 1;
            self.scroll(false);
        } else if self.y >= self.height() {
            self.y = self.height() - 1;
        } else {
            let y = self.y;
            self.grid_mut().rows[y].wrapped = false;
        }
        if self.x >= self.cols() {
            self.x -= 1;
        }
    }

    /// IND.
    pub fn index(&mut self) {
        self.restrict_cursor(self.cols() - 1);
        self.y += 1;
        if self.y == self.grid().bottom + 1 {
            self.y -= 1;
            self.scroll(false);
        }
        self.restrict_cursor(self.cols() - 1);
    }

    /// RI.
    pub fn reverse_index(&mut self) {
        self.restrict_cursor(self.cols() - 1);
        let (top, bottom, pen) = (self.grid().top, self.grid().bottom, self.pen.erase());
        if self.y == top {
            self.grid_mut().scroll_down(top, bottom, pen);
        } else {
            self.y = self.y.saturating_sub(1);
            self.restrict_cursor(self.cols() - 1);
        }
    }

    /// BS; with mode 45 also over the edge of a wrapped row.
    pub fn backspace(&mut self) {
        if !self.modes.reverse_wrap {
            self.restrict_cursor(self.cols() - 1);
            self.x = self.x.saturating_sub(1);
            return;
        }
        self.restrict_cursor(self.cols());
        let y = self.y;
        if self.x > 0 {
            self.x -= 1;
        } else if y > self.grid().top && y <= self.grid().bottom && self.grid().rows[y].wrapped {
            self.grid_mut().rows[y].wrapped = false;
            self.y -= 1;
            self.x = self.cols() - 1;
            // A wide character that did not fit left the last column empty.
            if self.grid().rows[self.y].get(self.x).is_empty() {
                self.x -= 1;
            }
        }
        self.restrict_cursor(self.cols() - 1);
    }

    pub fn save_cursor(&mut self) {
        let saved = Saved {
            x: self.x,
            y: self.lines_above() + self.y,
            fg: self.pen.fg,
            bg: self.pen.bg,
            underlined: self.pen.underline() != 0,
            charset: self.charset,
        };
        self.grid_mut().saved = saved;
    }

    pub fn restore_cursor(&mut self) {
        let saved = self.grid().saved;
        self.x = saved.x;
        self.y = saved.y.saturating_sub(self.lines_above());
        self.pen.fg = saved.fg;
        self.pen.bg = saved.bg;
        // Style and colour of an underline and the link are not saved, only that there is one.
        self.pen.set_underline(if saved.underlined { self.pen.underline().max(1) } else { 0 });
        self.charset = saved.charset;
        self.restrict_cursor(self.cols() - 1);
    }

    pub fn show_alternate(&mut self) {
        if self.is_alternate {
            return;
        }
        let pen = self.pen.erase();
        self.alternate.rows = Grid::new(self.size).rows;
        for row in &mut self.alternate.rows {
            row.clear(pen, false);
        }
        self.normal_cursor = (self.x, self.y);
        self.is_alternate = true;
    }

    pub fn show_normal(&mut self) {
        if !self.is_alternate {
            return;
        }
        // Only the saved cursor outlives the alternate screen.
        let saved = self.alternate.saved;
        self.alternate = Grid::new(self.size);
        self.alternate.rows.clear();
        self.alternate.saved = saved;
        self.is_alternate = false;
    }

    pub fn set_level(&mut self, level: usize) {
        self.level = level;
        self.charset = self.sets[level];
    }

    pub fn set_charset(&mut self, level: usize, charset: Charset) {
        self.sets[level] = charset;
        if self.level == level {
            self.charset = charset;
        }
    }

    /// DECSTR.
    pub fn soft_reset(&mut self) {
        let bottom = self.height() - 1;
        let above = self.lines_above();
        let grid = self.grid_mut();
        grid.top = 0;
        grid.bottom = bottom;
        grid.saved = Saved { y: above, ..Saved::default() };
        self.pen = Pen::DEFAULT;
        self.modes.soft_reset();
        self.charset = Charset::Ascii;
        self.sets = [Charset::Ascii; 4];
        self.level = 0;
    }

    /// RIS. What xterm.js holds as options or outside its core outlives it, and so it does here.
    pub fn full_reset(&mut self) {
        let max_lines = self.scrollback.max_lines();
        let fresh = Self::new(self.size, max_lines);
        let old = std::mem::replace(self, fresh);
        self.modes.keep_options(&old.modes);
        self.colors = old.colors;
        self.titles = old.titles;
        self.cwd = old.cwd;
        self.events = old.events;
    }

    /// Sweeps the tables that cells refer to, if they have grown.
    pub fn sweep(&mut self) {
        if !self.extras.wants_sweep() {
            return;
        }
        let mut sweep = self.extras.sweep();
        let mut cells = 0;
        for row in self.normal.rows.iter_mut().chain(&mut self.alternate.rows) {
            for cell in row.used_mut() {
                sweep.cell(cell, &mut self.extras);
                cells += 1;
            }
        }
        sweep.pen(&mut self.pen, &mut self.extras);
        self.extras.swept(cells);
    }
}
