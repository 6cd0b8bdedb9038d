//! Which terminals are open as tabs, and which of them is shown.

use protocol::TerminalId;

/// A session's tabs, in the order of their numbers. Terminal 1 is always there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tabs {
    open: Vec<TerminalId>,
    active: TerminalId,
}

impl Default for Tabs {
    fn default() -> Self {
        Self { open: vec![TerminalId::FIRST], active: TerminalId::FIRST }
    }
}

impl Tabs {
    #[must_use]
    pub fn open(&self) -> &[TerminalId] {
        &self.open
    }

    #[must_use]
    pub fn active(&self) -> TerminalId {
        self.active
    }

    /// Whether there are as many as there can be.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.open.len() >= usize::from(TerminalId::MAX)
    }

    /// Opens the lowest free number and shows it; none when full.
    pub fn add(&mut self) -> Option<TerminalId> {
        let free = TerminalId::all().find(|id| !self.open.contains(id))?;
        self.merge([free]);
        self.active = free;
        Some(free)
    }

    /// Adds those that are found to be open already.
    pub fn merge(&mut self, found: impl IntoIterator<Item = TerminalId>) {
        self.open.extend(found);
        self.open.sort_unstable();
        self.open.dedup();
    }

    /// Shows `id`, if it is open.
    pub fn activate(&mut self, id: TerminalId) {
        if self.open.contains(&id) {
            self.active = id;
        }
    }

    /// Closes `id`, unless it is the first; its left neighbour takes its place.
    pub fn close(&mut self, id: TerminalId) {
        if id == TerminalId::FIRST {
            return;
        }
        self.open.retain(|open| *open != id);
        if self.active == id {
            self.active = self.open.iter().rev().find(|open| **open < id).copied().unwrap_or(TerminalId::FIRST);
        }
    }

    /// The neighbour of the active tab, `by` places to the right or left, round the ends.
    #[must_use]
    pub fn neighbour(&self, by: isize) -> TerminalId {
        let place = self.open.iter().position(|open| *open == self.active).unwrap_or(0);
        let count = isize::try_from(self.open.len()).unwrap_or(1);
        let wanted = (isize::try_from(place).unwrap_or(0) + by).rem_euclid(count);
        usize::try_from(wanted).ok().and_then(|place| self.open.get(place)).copied().unwrap_or(self.active)
    }
}

/// What a tab is called: its live process, else "Terminal N".
#[must_use]
pub fn label(id: TerminalId, process: &str) -> String {
    if process.is_empty() { format!("Terminal {id}") } else { process.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    fn id(number: u8) -> TerminalId {
        TerminalId::new(number).expect("terminal id")
    }

    fn numbers(tabs: &Tabs) -> Vec<u8> {
        tabs.open().iter().map(|id| id.get()).collect()
    }

    test_everywhere! {
        fn a_new_tab_takes_the_lowest_free_number_up_to_six() {
            let mut tabs = Tabs::default();
            for expected in 2..=6 {
                assert_eq!(tabs.add(), Some(id(expected)));
            }
            assert!(tabs.is_full());
            assert_eq!(tabs.add(), None);
            tabs.close(id(3));
            assert_eq!(tabs.add(), Some(id(3)));
            assert_eq!(numbers(&tabs), [1, 2, 3, 4, 5, 6]);
            assert_eq!(tabs.active(), id(3));
        }

        fn the_first_tab_cannot_be_closed() {
            let mut tabs = Tabs::default();
            tabs.close(TerminalId::FIRST);
            assert_eq!(tabs, Tabs::default());
        }

        fn closing_the_active_tab_shows_its_left_neighbour() {
            let mut tabs = Tabs::default();
            tabs.merge([id(2), id(4), id(5)]);
            tabs.activate(id(4));
            tabs.close(id(4));
            assert_eq!((tabs.active(), numbers(&tabs)), (id(2), vec![1, 2, 5]));
            tabs.close(id(5));
            assert_eq!(tabs.active(), id(2));
        }

        fn a_tab_that_is_not_open_is_not_shown() {
            let mut tabs = Tabs::default();
            tabs.activate(id(6));
            assert_eq!(tabs.active(), TerminalId::FIRST);
        }

        fn found_terminals_are_merged_in_order_and_once() {
            let mut tabs = Tabs::default();
            tabs.merge([id(5), id(1), id(2), id(5)]);
            assert_eq!(numbers(&tabs), [1, 2, 5]);
        }

        fn neighbours_go_round_the_ends() {
            let mut tabs = Tabs::default();
            tabs.merge([id(3), id(6)]);
            assert_eq!((tabs.neighbour(1), tabs.neighbour(-1)), (id(3), id(6)));
            tabs.activate(id(6));
            assert_eq!(tabs.neighbour(1), id(1));
        }

        fn a_tab_is_called_by_its_process_else_by_its_number() {
            assert_eq!(label(id(2), "vim"), "vim");
            assert_eq!(label(id(2), ""), "Terminal 2");
        }
    }
}
