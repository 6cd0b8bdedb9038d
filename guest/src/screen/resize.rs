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
                self.scrollback.push(&row, &self.extras);
            }
        }
        let (x, mut y) = (x.min(cols - 1), y.min(height - 1) + moved);
        if cols != old_cols {
            y = self.reflow(cols, y);
        }
        (x, y)
    }

    /// The newest line of the scrollback, as a row `cols` wide.
    fn take_back(&mut self, cols: usize) -> Option<Row> {
        let is_saved_below = self.normal.saved.y >= self.scrollback.len();
        let row = self.scrollback.pop(&mut self.extras)?;
        if row.width() == cols {
            return Some(row);
        }
        // It was written at another width: wrap its whole line anew, and take the last row of that.
        let mut line = vec![row];
        while line.last().is_some_and(|row| row.wrapped) {
            match self.pop_at_width(line[0].width()) {
                Some(row) => line.push(row),
                None => break,
            }
        }
        line.reverse();
        let mut rows = rewrap(&line, cols);
        if is_saved_below {
            let saved = &mut self.normal.saved;
            saved.y = (saved.y + rows.len()).saturating_sub(line.len());
        }
        let last = rows.pop();
        for row in &rows {
            self.scrollback.push(row, &self.extras);
        }
        last
    }

    /// The newest line of the scrollback, if it was written at this width: a line's rows all were.
    fn pop_at_width(&mut self, cols: usize) -> Option<Row> {
        let row = self.scrollback.pop(&mut self.extras)?;
        if row.width() == cols {
            return Some(row);
        }
        self.scrollback.push(&row, &self.extras);
        None
    }

    /// Wraps the lines of the normal screen anew. Returns the cursor's row.
    fn reflow(&mut self, cols: usize, y: usize) -> usize {
        let height = self.normal.height();
        let old_cols = self.cols();
        let narrower = cols < old_cols;
        let mut rows: Vec<Row> = Vec::new();
        while rows.last().map_or(self.normal.rows.front().is_some_and(|row| row.wrapped), |row| row.wrapped) {
            match self.pop_at_width(old_cols) {
                Some(row) => rows.push(row),
                None => break,
            }
        }
        rows.reverse();
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
pub(super) fn rewrap(line: &[Row], cols: usize) -> Vec<Row> {
    let mut out = Vec::new();
    let mut row = Row::new(cols, line.first().is_some_and(|row| row.wrapped));
    let mut x = 0;
    for (at, source) in line.iter().enumerate() {
        let length = match line.get(at + 1) {
            // A wide character that did not fit left the last column empty.
            Some(next) if next.get(0).is_wide() && source.get(source.width() - 1).is_empty() => source.width() - 1,
            Some(_) => source.width(),
            None => source.trimmed().len().max(source.content_len()).min(source.width()),
        };
        for from in 0..length {
            let cell = source.get(from);
            let needed = if cell.is_wide() { 2 } else { 1 };
            if x + needed > cols && !cell.is_tail() {
                out.push(std::mem::replace(&mut row, Row::new(cols, true)));
                x = 0;
            }
            row.set(x, if cell.is_styled_gap() { Cell::remnant(cell.pen) } else { cell });
            x += 1;
        }
    }
    out.push(row);
    out
}
