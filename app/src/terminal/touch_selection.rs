//! A selection made by a finger: the word it stays on, then whatever its two ends are drawn to.

/// A cell: its column, and its line counted from the oldest that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub col: u32,
    pub line: u32,
}

impl Cell {
    fn order(self) -> (u32, u32) {
        (self.line, self.col)
    }
}

/// From a first cell to a last, both within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first: Cell,
    pub last: Cell,
}

/// One end of a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    First,
    Last,
}

impl Span {
    /// How many cells it has, on lines of `cols`.
    #[must_use]
    pub fn cells(self, cols: u32) -> u32 {
        (self.last.line - self.first.line) * cols + self.last.col + 1 - self.first.col
    }

    /// What was selected first and what the finger is on now.
    #[must_use]
    pub fn extended(self, to: Cell) -> Self {
        Self {
            first: if to.order() < self.first.order() { to } else { self.first },
            last: if to.order() > self.last.order() { to } else { self.last },
        }
    }

    /// An end is drawn elsewhere. Drawn past the other, it becomes the other: told along.
    #[must_use]
    pub fn drawn(self, end: End, to: Cell) -> (Self, End) {
        let other = if end == End::First { self.last } else { self.first };
        if to.order() <= other.order() {
            (Self { first: to, last: other }, if to == other { end } else { End::First })
        } else {
            (Self { first: other, last: to }, End::Last)
        }
    }
}

/// The columns of the word around `col` in a line of cells, each with its characters; the second
/// half of a wide one has none. A cell with no word is its own.
#[must_use]
pub fn word(cells: &[String], col: usize) -> (usize, usize) {
    let is_word = |cell: &String| cell.is_empty() || cell.chars().any(belongs);
    if !cells.get(col).is_some_and(is_word) {
        return (col, col);
    }
    let first = cells[..col].iter().rposition(|cell| !is_word(cell)).map_or(0, |before| before + 1);
    let last = cells[col..].iter().position(|cell| !is_word(cell)).map_or(cells.len(), |after| col + after) - 1;
    (first, last)
}

/// Whether a character is of a word. Paths and addresses are one.
fn belongs(c: char) -> bool {
    !(c.is_whitespace() || "\0()[]{}<>\"'`,;|│─┌┐└┘├┤".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    fn cells(line: &str) -> Vec<String> {
        line.chars().map(|c| if c == '_' { String::new() } else { c.to_string() }).collect()
    }

    fn cell(col: u32, line: u32) -> Cell {
        Cell { col, line }
    }

    test_everywhere! {
        fn a_word_ends_at_spaces_and_brackets_but_not_within_a_path() {
            assert_eq!(word(&cells("cat /etc/os-release (x)"), 8), (4, 18));
            assert_eq!(word(&cells("cat (x)"), 5), (5, 5));
            assert_eq!(word(&cells("cat (x)"), 3), (3, 3));
            assert_eq!(word(&cells("日_本_ a"), 2), (0, 3));
            assert_eq!(word(&cells("ab"), 7), (7, 7));
        }

        fn a_span_over_lines_counts_whole_lines() {
            assert_eq!(Span { first: cell(2, 5), last: cell(4, 5) }.cells(80), 3);
            assert_eq!(Span { first: cell(78, 5), last: cell(1, 6) }.cells(80), 4);
        }

        fn a_selection_grows_to_where_the_finger_is_and_keeps_its_word() {
            let word = Span { first: cell(10, 3), last: cell(14, 3) };
            assert_eq!(word.extended(cell(20, 3)), Span { first: cell(10, 3), last: cell(20, 3) });
            assert_eq!(word.extended(cell(30, 2)), Span { first: cell(30, 2), last: cell(14, 3) });
            assert_eq!(word.extended(cell(12, 3)), word);
        }

        fn ends_may_be_drawn_past_each_other() {
            let span = Span { first: cell(10, 3), last: cell(14, 3) };
            assert_eq!(span.drawn(End::Last, cell(20, 3)), (Span { first: cell(10, 3), last: cell(20, 3) }, End::Last));
            assert_eq!(span.drawn(End::First, cell(20, 3)), (Span { first: cell(14, 3), last: cell(20, 3) }, End::Last));
            assert_eq!(span.drawn(End::Last, cell(0, 1)), (Span { first: cell(0, 1), last: cell(10, 3) }, End::First));
        }
    }
}
