//! Which rows of a long list are drawn: those that are seen and a few on each side. All rows are equally high.

use std::ops::Range;

/// Rows drawn beyond either edge, so that a scroll shows none that is empty.
const BESIDE: u32 = 8;

/// A list of `total` rows in a box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    /// CSS pixels.
    pub row: f64,
    /// Of the box, without what stays at its top.
    pub height: f64,
    pub scrolled: f64,
    pub total: u32,
}

impl Viewport {
    /// Rows to draw.
    #[must_use]
    pub fn drawn(&self) -> Range<u32> {
        let seen = self.seen();
        seen.start.saturating_sub(BESIDE)..seen.end.saturating_add(BESIDE).min(self.total)
    }

    /// Rows of which anything is seen.
    #[must_use]
    pub fn seen(&self) -> Range<u32> {
        let row = self.row.max(1.0);
        let first = (self.scrolled.max(0.0) / row).floor() as u32;
        let end = ((self.scrolled.max(0.0) + self.height.max(0.0)) / row).ceil() as u32;
        let end = end.min(self.total);
        first.min(end)..end
    }

    /// Whole rows that the box has room for; a page of the keyboard's.
    #[must_use]
    pub fn page(&self) -> u32 {
        ((self.height / self.row.max(1.0)).floor() as u32).max(1)
    }

    /// Where to scroll so that `row` is seen whole; none when it is.
    #[must_use]
    pub fn reveal(&self, row: u32) -> Option<f64> {
        let top = f64::from(row) * self.row;
        if top < self.scrolled {
            Some(top)
        } else if top + self.row > self.scrolled + self.height {
            Some((top + self.row - self.height).max(0.0))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    const LIST: Viewport = Viewport { row: 36.0, height: 360.0, scrolled: 0.0, total: 50_000 };

    test_everywhere! {
        fn few_rows_of_many_are_drawn() {
            assert_eq!(LIST.drawn(), 0..18);
            let middle = Viewport { scrolled: 25_000.0 * 36.0 + 10.0, ..LIST };
            assert_eq!(middle.seen(), 25_000..25_011);
            assert_eq!(middle.drawn(), 24_992..25_019);
            let end = Viewport { scrolled: 49_990.0 * 36.0, ..LIST };
            assert_eq!(end.drawn(), 49_982..50_000);
        }

        fn a_list_that_became_shorter_has_no_rows_beyond_its_end() {
            let short = Viewport { scrolled: 9_000.0, total: 3, ..LIST };
            assert!(short.seen().is_empty());
            assert!(short.drawn().end <= 3);
            assert!(Viewport { total: 0, ..LIST }.drawn().is_empty());
        }

        fn a_row_is_revealed_by_the_least_scroll() {
            let list = Viewport { scrolled: 360.0, ..LIST };
            assert_eq!(list.reveal(10), None);
            assert_eq!(list.reveal(9), Some(324.0));
            assert_eq!(list.reveal(20), Some(396.0));
            assert_eq!(list.page(), 10);
        }
    }
}
