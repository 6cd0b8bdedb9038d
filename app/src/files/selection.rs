//! Which rows are selected, by name, so that a folder that changes keeps them; and where the keyboard is.

use std::collections::BTreeSet;
use std::ops::Range;

/// Where a key leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    By(i64),
    First,
    Last,
}

/// What is selected in a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    names: BTreeSet<String>,
    /// The row that the keyboard is at.
    cursor: u32,
    /// Its name, once it is known: the row follows it.
    at: Option<String>,
    /// Where a range begins.
    anchor: u32,
    /// The name there, once it is known: the range's beginning follows it.
    anchor_at: Option<String>,
    /// What was selected when it began.
    before: BTreeSet<String>,
}

impl Selection {
    #[must_use]
    pub fn cursor(&self) -> u32 {
        self.cursor
    }

    /// The name of the row that the keyboard is at.
    #[must_use]
    pub fn at(&self) -> Option<&str> {
        self.at.as_deref()
    }

    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names, in their own order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Brings the keyboard to a row, and a new range's beginning with it.
    pub fn go_to(&mut self, row: u32, name: Option<&str>) {
        self.cursor = row;
        self.at = name.map(ToOwned::to_owned);
        self.anchor = row;
        self.anchor_at.clone_from(&self.at);
        self.before = self.names.clone();
    }

    /// The row that a key leads to, of `total`.
    #[must_use]
    pub fn towards(&self, to: Move, total: u32) -> u32 {
        let last = i64::from(total.saturating_sub(1));
        let row = match to {
            Move::By(by) => (i64::from(self.cursor) + by).clamp(0, last),
            Move::First => 0,
            Move::Last => last,
        };
        u32::try_from(row).unwrap_or(0)
    }

    /// The rows from where the range began to `row`.
    #[must_use]
    pub fn range_to(&self, row: u32) -> Range<u32> {
        self.anchor.min(row)..self.anchor.max(row).saturating_add(1)
    }

    /// Selects what a range to `row` has, beside what was selected before it began.
    pub fn extend(&mut self, row: u32, name: Option<&str>, range: impl IntoIterator<Item = String>) {
        self.names.clone_from(&self.before);
        self.names.extend(range);
        self.cursor = row;
        self.at = name.map(ToOwned::to_owned);
    }

    /// Selects a name, or no longer.
    pub fn toggle(&mut self, row: u32, name: &str) {
        if !self.names.remove(name) {
            self.names.insert(name.to_owned());
        }
        self.go_to(row, Some(name));
    }

    /// Selects these and no others.
    pub fn set(&mut self, names: impl IntoIterator<Item = String>) {
        self.names = names.into_iter().collect();
        self.before.clear();
    }

    pub fn clear(&mut self) {
        self.names.clear();
        self.before.clear();
    }

    /// Forgets names that are gone.
    pub fn forget<'a>(&mut self, gone: impl IntoIterator<Item = &'a str>) {
        for name in gone {
            self.names.remove(name);
            self.before.remove(name);
        }
    }

    /// Another folder: nothing is selected there.
    pub fn leave(&mut self) {
        *self = Self::default();
    }

    /// The rows may have moved: the keyboard stays with its name, or at its row where that is gone.
    pub fn follow(&mut self, total: u32, find: impl Fn(&str) -> Option<u32>, name_of: impl Fn(u32) -> Option<String>) {
        let settle = |row: &mut u32, at: &mut Option<String>| {
            if let Some(found) = at.as_deref().and_then(&find) {
                *row = found;
                return;
            }
            *row = (*row).min(total.saturating_sub(1));
            if let Some(name) = name_of(*row) {
                *at = Some(name);
            }
        };
        settle(&mut self.cursor, &mut self.at);
        settle(&mut self.anchor, &mut self.anchor_at);
    }

    /// Keeps what is still there, when all that is there is known.
    pub fn retain(&mut self, is_there: impl Fn(&str) -> bool) {
        self.names.retain(|name| is_there(name));
        self.before.retain(|name| is_there(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    fn name(row: u32) -> String {
        format!("n{row}")
    }

    fn names(range: Range<u32>) -> Vec<String> {
        range.map(name).collect()
    }

    fn selected(selection: &Selection) -> Vec<&str> {
        selection.names().collect()
    }

    test_everywhere! {
        fn keys_stay_within_the_folder() {
            let mut selection = Selection::default();
            assert_eq!(selection.towards(Move::By(-1), 5), 0);
            assert_eq!(selection.towards(Move::By(100), 5), 4);
            assert_eq!(selection.towards(Move::Last, 0), 0);
            selection.go_to(3, None);
            assert_eq!(selection.towards(Move::By(-2), 5), 1);
            assert_eq!(selection.towards(Move::First, 5), 0);
        }

        fn a_range_grows_and_shrinks_beside_what_was_selected() {
            let mut selection = Selection::default();
            selection.toggle(9, "n9");
            selection.go_to(2, Some("n2"));
            for to in [4, 3, 1] {
                let range = selection.range_to(to);
                selection.extend(to, Some(&name(to)), names(range));
            }
            assert_eq!(selected(&selection), ["n1", "n2", "n9"]);
            assert_eq!(selection.cursor(), 1);
        }

        fn a_press_selects_and_the_next_one_does_not() {
            let mut selection = Selection::default();
            selection.toggle(1, "a");
            selection.toggle(2, "b");
            selection.toggle(1, "a");
            assert_eq!(selected(&selection), ["b"]);
            selection.clear();
            assert!(selection.is_empty());
        }

        fn the_keyboard_stays_with_its_name() {
            let mut selection = Selection::default();
            selection.go_to(2, Some("c"));
            selection.follow(10, |name| (name == "c").then_some(7), |_| None);
            assert_eq!(selection.cursor(), 7);
            selection.follow(3, |_| None, |row| Some(name(row)));
            assert_eq!((selection.cursor(), selection.at()), (2, Some("n2")), "gone: at the row where it was");
        }

        fn a_range_begins_at_its_name_wherever_that_is_now() {
            let mut selection = Selection::default();
            selection.go_to(2, Some("c"));
            selection.extend(4, Some("e"), ["c", "d", "e"].map(ToOwned::to_owned));
            // Two came before them all.
            let rows = ["x", "y", "a", "b", "c", "d", "e"];
            let find = |name: &str| rows.iter().position(|row| *row == name).and_then(|row| u32::try_from(row).ok());
            selection.follow(7, find, |_| None);
            assert_eq!(selection.range_to(5), 4..6);
            selection.follow(3, |_| None, |row| Some(name(row)));
            assert_eq!(selection.range_to(2), 2..3, "gone: within what is left");
        }

        fn what_is_gone_is_not_selected() {
            let mut selection = Selection::default();
            selection.set(names(0..4));
            selection.forget(["n0", "other"]);
            selection.retain(|name| name != "n3");
            assert_eq!(selected(&selection), ["n1", "n2"]);
        }
    }
}
