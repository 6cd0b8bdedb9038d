//! A new size, with xterm.js' rules.
//!
//! Rows: growing takes lines back from the scrollback when the cursor is in the last row, else adds
//! blank ones; shrinking drops rows below the cursor first, then gives rows to the scrollback.
//! Columns: wrapped lines of the normal screen are wrapped anew, but for the one the cursor is in,
//! which its program draws again. A line that begins in the scrollback is taken back first. The rest
//! of the scrollback keeps the width it was written at until it is read. The alternate screen is cut
//! or widened.

use protocol::frame::{MAX_DIMENSION, MIN_DIMENSION, Size};

use super::cell::Cell;
use super::extras::Extras;
use super::grid::{Grid, Row};
use super::state::State;

/// `size` within bounds.
pub(super) fn clamp(size: Size) -> Size {
    let within = |n: u16| n.clamp(MIN_DIMENSION, MAX_DIMENSION);
    Size { cols: within(size.cols), rows: within(size.rows) }
}

impl State {
    pub(super) fn resize(&mut self, size: Size) {
        if size == self.size {
            return;
        }
        let cursor = (self.x, self.y);
        let old_cols = self.cols();
        self.settle_saved();
        // The cursor may come to stand behind another character, which no mark is meant for.
        self.join = 0;
        self.normal_cursor = self.resize_normal(size, if self.is_alternate { self.normal_cursor } else { cursor });
        if self.is_alternate {
            (self.x, self.y) = resize_alternate(&mut self.alternate, size, cursor);
        } else {
            (self.x, self.y) = self.normal_cursor;
        }
        for grid in [&mut self.normal, &mut self.alternate] {
            let cols = usize::from(size.cols);
            grid.cols = cols;
            grid.top = 0;
            grid.bottom = usize::from(size.rows) - 1;
            // xterm.js moves one that is past the last column on, to the same column of a wider screen; no snapshot could.
            grid.saved.x = grid.saved.x.min(old_cols - 1).min(cols - 1);
            grid.tabs.fit(cols);
        }
        // xterm.js leaves a saved cursor below the screen where it is; no snapshot could.
        let bottom = usize::from(size.rows) - 1;
        self.normal.saved.y = self.normal.saved.y.min(self.scrollback.len() + bottom);
        self.alternate.saved.y = self.alternate.saved.y.min(bottom);
        self.settle_saved();
        self.size = size;
    }

    /// A saved cursor that has left the screen at its top is at the very top. xterm.js keeps the row
    /// that it was in, which only shows when a much larger window brings that back, and no snapshot
    /// can say it.
    fn settle_saved(&mut self) {
        if self.normal.saved.y < self.scrollback.len() {
            self.normal.saved.y = 0;
        }
    }

    fn resize_normal(&mut self, size: Size, (x, y): (usize, usize)) -> (usize, usize) {
        let (cols, height) = (usize::from(size.cols), usize::from(size.rows));
        let old_cols = self.cols();
        let mut moved = 0;
        while self.normal.height() < height {
            let is_cursor_last = self.normal.height() <= y + moved + 1;
            match is_cursor_last.then(|| self.take_back(old_cols)).flatten() {
                Some(row) => {
                    self.normal.rows.push_front(row);
                    moved += 1;
                }
                None => self.normal.rows.push_back(Row::new(old_cols, false)),
            }
        }
        while self.normal.height() > height {
            if self.normal.height() > y + 1 {
                self.normal.rows.pop_back();
            } else if let Some(row) = self.normal.rows.pop_front() {
                if row.wrapped {
                    self.renew_newest(old_cols);
                }
                self.scrollback.push(&row, &self.extras);
            }
        }
        let (x, mut y) = (x.min(cols - 1), y.min(height - 1) + moved);
        if cols != old_cols {
            y = self.reflow(cols, y);
        }
        (x, y)
    }

    /// The newest row of the scrollback, `cols` wide.
    fn take_back(&mut self, cols: usize) -> Option<Row> {
        self.renew_newest(cols);
        self.scrollback.pop(&mut self.extras)
    }

    /// Makes the newest line of the scrollback one of `cols` columns, if it is from before the last change of columns:
    /// before a row is taken from it or one joins it.
    pub(super) fn renew_newest(&mut self, cols: usize) {
        if !self.scrollback.is_newest_outdated() {
            return;
        }
        let before = self.scrollback.len();
        // What the line refers to goes back with it.
        let mut extras = Extras::default();
        let mut line: Vec<Row> = Vec::new();
        while line.last().is_none_or(|row| row.wrapped) {
            match self.scrollback.pop(&mut extras) {
                Some(row) => line.push(row),
                None => break,
            }
        }
        line.reverse();
        for row in rewrap_stored(&line, cols) {
            self.scrollback.push(&row, &extras);
        }
        let saved = &mut self.normal.saved;
        if saved.y >= before {
            saved.y = saved.y - before + self.scrollback.len();
        }
    }

    /// Wraps the lines of the normal screen anew. Returns the cursor's row.
    fn reflow(&mut self, cols: usize, y: usize) -> usize {
        let height = self.normal.height();
        let old_cols = self.cols();
        let narrower = cols < old_cols;
        let mut rows: Vec<Row> = Vec::new();
        while rows.last().map_or(self.normal.rows.front().is_some_and(|row| row.wrapped), |row| row.wrapped) {
            match self.take_back(old_cols) {
                Some(row) => rows.push(row),
                None => break,
            }
        }
        rows.reverse();
        self.scrollback.outdate();
        // How many rows of `out` lie above the screen.
        let mut above = rows.len();
        let mut y = y;
        let cursor = above + y;
        rows.extend(self.normal.rows.drain(..));
        let before = rows.len();
        let mut lines: Vec<Vec<Row>> = Vec::new();
        let mut end = before;
        // xterm.js goes through the lines from the last to the first, and what it adds below the
        // cursor moves the cursor's line away from where it looks for it. Both are matched here.
        let mut added = 0;
        while end > 0 {
            let start = rows[..end].iter().rposition(|row| !row.wrapped).unwrap_or(0);
            let mut line = rows.split_off(start);
            let needs = line.len() > 1 || (narrower && line[0].content_len() > cols);
            if needs && !(start..end).contains(&(cursor + added)) {
                line = rewrap(&line, cols);
            } else {
                line.iter_mut().for_each(|row| row.resize(cols));
            }
            if narrower {
                added += line.len().saturating_sub(end - start);
            }
            lines.push(line);
            end = start;
        }
        let mut out: Vec<Row> = lines.into_iter().rev().flatten().collect();
        // By the lines that wrapping has added or taken, wherever they are.
        let saved = &mut self.normal.saved;
        saved.y = (saved.y + out.len()).saturating_sub(before);
        for _ in before..out.len() {
            if self.scrollback.len() + above == 0 && y + 1 < height {
                y += 1;
                out.pop();
            } else {
                above += 1;
            }
        }
        for _ in out.len()..before {
            if above > 0 {
                above -= 1;
            } else if let Some(row) = self.take_back(cols) {
                out.insert(0, row);
            } else {
                y = y.saturating_sub(1);
                out.push(Row::new(cols, false));
            }
        }
        while out.len() > above + height {
            out.pop();
        }
        for row in out.drain(..above) {
            self.scrollback.push(&row, &self.extras);
        }
        out.resize_with(height, || Row::new(cols, false));
        self.normal.rows = out.into();
        y.min(height - 1)
    }
}

fn resize_alternate(grid: &mut Grid, size: Size, (x, y): (usize, usize)) -> (usize, usize) {
    let (cols, height) = (usize::from(size.cols), usize::from(size.rows));
    for row in &mut grid.rows {
        row.resize(cols);
    }
    while grid.height() > height {
        if grid.height() > y + 1 {
            grid.rows.pop_back();
        } else {
            grid.rows.pop_front();
        }
    }
    grid.rows.resize_with(height, || Row::new(cols, false));
    (x.min(cols - 1), y.min(height - 1))
}

/// The rows of one line, wrapped at `cols`. The first is as much a continuation as it was.
fn rewrap(line: &[Row], cols: usize) -> Vec<Row> {
    wrap(joined(line), line.first().is_some_and(|row| row.wrapped), cols)
}

/// The rows of one line of the scrollback. They are the same whether or not it was wrapped at other widths in between, as
/// it is for a screen that a snapshot has restored: for this, blank rows at its end are left out, and an empty cell before
/// a wide character is a space, or it would be taken for one in which that did not fit.
pub(super) fn rewrap_stored(line: &[Row], cols: usize) -> Vec<Row> {
    let length = line.iter().rposition(|row| !row.trimmed().is_empty()).map_or(1, |last| last + 1).min(line.len());
    let mut cells = joined(&line[..length]).peekable();
    let settled = std::iter::from_fn(move || {
        let cell = cells.next()?;
        let is_before_wide = cells.peek().is_some_and(|next| next.is_wide());
        Some(if cell.is_empty() && is_before_wide { Cell::ascii(b' ', cell.pen) } else { cell })
    });
    wrap(settled, line.first().is_some_and(|row| row.wrapped), cols)
}

/// The cells of one line, without blanks at its end.
fn joined(line: &[Row]) -> impl Iterator<Item = Cell> {
    line.iter().enumerate().flat_map(|(at, row)| {
        let length = match line.get(at + 1) {
            // A wide character that did not fit left the last column empty.
            Some(next) if next.get(0).is_wide() && row.get(row.width() - 1).is_empty() => row.width() - 1,
            Some(_) => row.width(),
            None => row.trimmed().len(),
        };
        (0..length).map(|x| row.get(x))
    })
}

fn wrap(cells: impl Iterator<Item = Cell>, is_continuation: bool, cols: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = Row::new(cols, is_continuation);
    let mut x = 0;
    for cell in cells {
        let needed = if cell.is_wide() { 2 } else { 1 };
        if x + needed > cols && !cell.is_tail() {
            rows.push(std::mem::replace(&mut row, Row::new(cols, true)));
            x = 0;
        }
        row.set(x, if cell.is_styled_gap() { Cell::remnant(cell.pen) } else { cell });
        x += 1;
    }
    rows.push(row);
    rows
}
