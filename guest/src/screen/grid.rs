//! One of the two screens: its rows, tab stops, scroll region and saved cursor.
//!
//! Rows are a ring, so scrolling the whole screen moves no cell. A row knows how far it is in use, so
//! clearing and storing it costs its text, not its width.

use std::collections::VecDeque;

use protocol::frame::{MAX_DIMENSION, Size};

use super::cell::{Cell, Pen};
use super::charset::Charset;

/// Columns between the tab stops of a fresh screen.
const TAB_WIDTH: usize = 8;

/// A line of cells.
#[derive(Debug, Clone)]
pub(super) struct Row {
    cells: Vec<Cell>,
    /// Cells from here on are empty and in default colours.
    used: usize,
    /// The row continues the one above.
    pub wrapped: bool,
}

impl Row {
    pub fn new(width: usize, wrapped: bool) -> Self {
        Self { cells: vec![Cell::default(); width], used: 0, wrapped }
    }

    pub fn width(&self) -> usize {
        self.cells.len()
    }

    /// The cells up to the last that is not blank in default colours, at least.
    pub fn used(&self) -> &[Cell] {
        &self.cells[..self.used]
    }

    /// The cells without blank ones in default colours at the end.
    pub fn trimmed(&self) -> &[Cell] {
        let used = self.used();
        let blank = used.iter().rev().take_while(|cell| **cell == Cell::default()).count();
        &used[..used.len() - blank]
    }

    /// The cells up to the last that holds a character, whatever the colours of those after it.
    pub fn content_len(&self) -> usize {
        self.used().iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1)
    }

    /// The cells up to the last that holds more than a space.
    pub fn trimmed_text_len(&self) -> usize {
        let is_text = |cell: &Cell| !cell.is_empty() && cell.ascii_byte() != b' ';
        self.used().iter().rposition(is_text).map_or(0, |last| last + 1)
    }

    /// The cell at `x`; an empty one beyond the row's end.
    pub fn get(&self, x: usize) -> Cell {
        self.cells.get(x).copied().unwrap_or_default()
    }

    pub fn set(&mut self, x: usize, cell: Cell) {
        if let Some(slot) = self.cells.get_mut(x) {
            *slot = cell;
            self.used = self.used.max(x + 1);
        }
    }

    /// Makes of half a wide character what is left when its other half has gone. See [`Cell::remnant`].
    pub fn leave(&mut self, x: usize, pen: Pen) {
        self.set(x, if x + 1 == self.cells.len() { Cell::empty(pen) } else { Cell::remnant(pen) });
    }

    /// The `count` cells from `x` on, to be overwritten, cut at the row's end.
    pub fn span(&mut self, x: usize, count: usize) -> &mut [Cell] {
        let end = (x + count).min(self.cells.len());
        self.used = self.used.max(end);
        &mut self.cells[x.min(end)..end]
    }

    /// Sets the cells from `start` to before `end`.
    pub fn fill(&mut self, start: usize, end: usize, cell: Cell) {
        let end = end.min(self.cells.len());
        if start >= end {
            return;
        }
        if cell == Cell::default() {
            let dirty = end.min(self.used);
            if start < dirty {
                self.cells[start..dirty].fill(cell);
            }
            if end >= self.used {
                self.used = self.used.min(start);
            }
        } else {
            self.cells[start..end].fill(cell);
            self.used = self.used.max(end);
        }
    }

    /// Empties the row.
    pub fn clear(&mut self, pen: Pen, wrapped: bool) {
        self.fill(0, self.cells.len(), Cell::empty(pen));
        self.wrapped = wrapped;
    }

    /// Makes room for `count` cells at `x`; those pushed over the end are lost.
    pub fn insert(&mut self, x: usize, count: usize, fill: Cell) {
        let width = self.cells.len();
        if x >= width {
            return;
        }
        if x > 0 && self.cells[x - 1].is_wide() {
            self.leave(x - 1, fill.pen);
            self.leave(x, fill.pen);
        }
        let count = count.min(width - x);
        self.cells.copy_within(x..width - count, x + count);
        self.used = (self.used + count).min(width);
        self.span(x, count).fill(fill);
        if self.cells[width - 1].is_wide() {
            // No gap, though in the last column: a snapshot in insert mode takes out and puts back what is before this.
            self.set(width - 1, Cell::remnant(fill.pen));
        }
    }

    /// Takes out `count` cells at `x`; `fill` comes in at the end.
    pub fn delete(&mut self, x: usize, count: usize, fill: Cell) {
        let width = self.cells.len();
        if x >= width {
            return;
        }
        let count = count.min(width - x);
        self.settle_edge();
        self.cells.copy_within(x + count..width, x);
        // What came in from the unused part is blank; what stays behind it is not known to be.
        self.cells[width - count..].fill(fill);
        self.used = if fill == Cell::default() { self.used.min(width) } else { width };
        if x > 0 && self.cells[x - 1].is_wide() {
            self.set(x - 1, Cell::empty(fill.pen));
        }
        if self.cells[x].is_tail() {
            self.set(x, Cell::empty(fill.pen));
        }
    }

    /// Erases from `start` to before `end`, and the other half of a wide character cut by either.
    pub fn erase(&mut self, start: usize, end: usize, fill: Cell, keep_protected: bool) {
        let end = end.min(self.cells.len());
        let kept = |cell: Cell| keep_protected && cell.pen.bg & super::cell::PROTECTED != 0;
        if start > 0 && start <= end && self.get(start - 1).is_wide() && !kept(self.get(start - 1)) {
            self.set(start - 1, Cell::empty(fill.pen));
        }
        if end > 0 && end < self.cells.len() && self.get(end - 1).is_wide() && !kept(self.get(end)) {
            self.set(end, Cell::empty(fill.pen));
        }
        if !keep_protected {
            return self.fill(start, end, fill);
        }
        for x in start..end {
            if !kept(self.cells[x]) {
                self.set(x, fill);
            }
        }
    }

    /// Makes the row `width` wide, cutting its end or adding blanks.
    pub fn resize(&mut self, width: usize) {
        self.settle_edge();
        self.cells.resize(width, Cell::default());
        self.used = self.used.min(width);
        if width > 0 && self.cells[width - 1].is_wide() {
            let pen = self.cells[width - 1].pen;
            self.leave(width - 1, pen);
        }
    }

    /// Makes a gap in the last column one that may be in any.
    fn settle_edge(&mut self) {
        if let Some(last) = self.cells.last_mut()
            && last.is_styled_gap()
        {
            *last = Cell::remnant(last.pen);
        }
    }

    /// Every cell, for a sweep of the tables they refer to.
    pub fn used_mut(&mut self) -> &mut [Cell] {
        &mut self.cells[..self.used]
    }
}

/// What DECSC keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Saved {
    pub x: usize,
    /// Counted from the first line of the scrollback, as xterm.js counts it.
    pub y: usize,
    pub fg: u32,
    pub bg: u32,
    pub underlined: bool,
    pub charset: Charset,
}

/// Which columns are tab stops. One more than the widest screen has, for a cursor past the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tabs([u64; MAX_DIMENSION as usize / 64 + 1]);

impl Tabs {
    pub fn new(cols: usize) -> Self {
        let mut tabs = Self([0; MAX_DIMENSION as usize / 64 + 1]);
        tabs.extend(0, cols);
        tabs
    }

    pub fn clear(&mut self) {
        self.0.fill(0);
    }

    /// Sets every eighth column from `from` on.
    fn extend(&mut self, from: usize, cols: usize) {
        for x in (from..cols).step_by(TAB_WIDTH) {
            self.set(x, true);
        }
    }

    /// Continues the stops from the last one up to a new width. Those beyond it are forgotten, as no
    /// snapshot could carry them.
    pub fn fit(&mut self, cols: usize) {
        let from = if self.get(cols) { cols } else { self.before(cols, cols) };
        self.extend(from, cols);
        for x in cols..usize::from(MAX_DIMENSION) {
            self.set(x, false);
        }
    }

    pub fn get(&self, x: usize) -> bool {
        self.0.get(x / 64).is_some_and(|word| word >> (x % 64) & 1 != 0)
    }

    pub fn set(&mut self, x: usize, stop: bool) {
        if let Some(word) = self.0.get_mut(x / 64) {
            *word = *word & !(1 << (x % 64)) | u64::from(stop) << (x % 64);
        }
    }

    /// The next stop after `x`, or the last column.
    pub fn after(&self, x: usize, cols: usize) -> usize {
        (x + 1..cols).find(|x| self.get(*x)).unwrap_or(cols - 1)
    }

    /// The stop before `x`, or the first column.
    pub fn before(&self, x: usize, cols: usize) -> usize {
        (0..x).rev().find(|x| self.get(*x)).unwrap_or(0).min(cols - 1)
    }
}

/// A screen.
#[derive(Debug)]
pub(super) struct Grid {
    pub rows: VecDeque<Row>,
    pub cols: usize,
    /// First and last row of the scroll region.
    pub top: usize,
    pub bottom: usize,
    pub tabs: Tabs,
    pub saved: Saved,
}

impl Grid {
    pub fn new(size: Size) -> Self {
        let (cols, rows) = (usize::from(size.cols), usize::from(size.rows));
        Self {
            rows: (0..rows).map(|_| Row::new(cols, false)).collect(),
            cols,
            top: 0,
            bottom: rows - 1,
            tabs: Tabs::new(cols),
            saved: Saved::default(),
        }
    }

    pub fn height(&self) -> usize {
        self.rows.len()
    }

    /// Whether the whole screen is the scroll region.
    pub fn is_region_full(&self) -> bool {
        self.top == 0 && self.bottom + 1 == self.height()
    }

    /// Moves the rows from `top` to `bottom` up by one; a blank one comes in at the bottom. The row
    /// that leaves is lost: who wants it takes it first.
    pub fn scroll_up(&mut self, top: usize, bottom: usize, pen: Pen, wrapped: bool) {
        if let Some(mut row) = self.rows.remove(top) {
            row.clear(pen, wrapped);
            self.rows.insert(bottom, row);
        }
    }

    /// Moves the rows from `top` to `bottom` down by one; a blank one comes in at the top.
    pub fn scroll_down(&mut self, top: usize, bottom: usize, pen: Pen) {
        if let Some(mut row) = self.rows.remove(bottom) {
            row.clear(pen, false);
            self.rows.insert(top, row);
        }
    }
}
