//! Which terminals are open as tabs, in which order, and which of them are shown.

use protocol::TerminalId;

use super::layout::Layout;

/// A session's tabs. Terminal 1 is always there, and always first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tabs {
    open: Vec<TerminalId>,
    active: TerminalId,
    layout: Layout,
    /// Those with a tile, the active one among them; as many as the layout has, in no order.
    tiles: Vec<TerminalId>,
}

impl Default for Tabs {
    fn default() -> Self {
        let first = TerminalId::FIRST;
        Self { open: vec![first], active: first, layout: Layout::Tabbed, tiles: vec![first] }
    }
}

impl Tabs {
    /// All, in their order.
    #[must_use]
    pub fn open(&self) -> &[TerminalId] {
        &self.open
    }

    #[must_use]
    pub fn active(&self) -> TerminalId {
        self.active
    }

    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Those with a tile, in the order of the tabs.
    pub fn shown(&self) -> impl Iterator<Item = TerminalId> {
        self.open.iter().copied().filter(|id| self.tiles.contains(id))
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
        self.activate(free);
        Some(free)
    }

    /// Adds those that are found to be open already, each behind the last with a lower number.
    pub fn merge(&mut self, found: impl IntoIterator<Item = TerminalId>) {
        for id in found {
            if !self.open.contains(&id) {
                let behind = self.open.iter().rposition(|open| *open < id).map_or(0, |place| place + 1);
                self.open.insert(behind, id);
            }
        }
    }

    /// Makes `id` the active one, if it is open. One without a tile is shown alone.
    pub fn activate(&mut self, id: TerminalId) {
        if self.open.contains(&id) {
            self.active = id;
            if !self.tiles.contains(&id) {
                self.layout = Layout::Tabbed;
                self.tile();
            }
        }
    }

    /// Arranges them, if there are enough.
    pub fn arrange(&mut self, layout: Layout) {
        if layout.is_possible(self.open.len()) {
            self.layout = layout;
            self.tile();
        }
    }

    /// Closes `id`, unless it is the first; its left neighbour takes its place as the active one, and
    /// the layout becomes the best that those left can fill.
    pub fn close(&mut self, id: TerminalId) {
        let Some(place) = self.place(id).filter(|place| *place > 0) else { return };
        self.open.remove(place);
        if self.active == id {
            self.active = self.open.get(place - 1).copied().unwrap_or(TerminalId::FIRST);
        }
        self.layout = self.layout.best_fit(self.open.len());
        self.tile();
    }

    /// Where `id` stands, from 0.
    #[must_use]
    pub fn place(&self, id: TerminalId) -> Option<usize> {
        self.open.iter().position(|open| *open == id)
    }

    /// Moves `id` to `place`, as near as can be: the first stays first. Says whether anything moved.
    pub fn move_to(&mut self, id: TerminalId, place: usize) -> bool {
        let Some(from) = self.place(id).filter(|from| *from > 0) else { return false };
        let to = place.clamp(1, self.open.len() - 1);
        let moved = self.open.remove(from);
        self.open.insert(to, moved);
        from != to
    }

    /// Moves `id` by so many places, to the left when negative. Says whether anything moved.
    pub fn move_by(&mut self, id: TerminalId, by: isize) -> bool {
        let Some(place) = self.place(id) else { return false };
        self.move_to(id, place.saturating_add_signed(by))
    }

    /// The neighbour of the active tab, `by` places to the right or left, round the ends.
    #[must_use]
    pub fn neighbour(&self, by: isize) -> TerminalId {
        neighbour(&self.open, self.active, by)
    }

    /// The next tile after the active one, round the end.
    #[must_use]
    pub fn next_tile(&self) -> TerminalId {
        neighbour(&self.shown().collect::<Vec<_>>(), self.active, 1)
    }

    /// Gives each tile a terminal: first those that the person saw last.
    fn tile(&mut self) {
        let mut tiles = vec![self.active];
        for id in self.tiles.iter().chain(&self.open) {
            if tiles.len() < self.layout.tiles() && self.open.contains(id) && !tiles.contains(id) {
                tiles.push(*id);
            }
        }
        self.tiles = tiles;
    }

    /// Order, active tab, layout and tiles as text, for [`Tabs::restore`].
    #[must_use]
    pub fn save(&self) -> String {
        let mut saved = String::new();
        let mut add = |ids: &[TerminalId]| {
            ids.iter().for_each(|id| saved.push(char::from(b'0' + id.get())));
            saved.push(' ');
        };
        add(&self.open);
        add(&[self.active]);
        add(&self.tiles);
        saved + self.layout.name()
    }

    /// Takes the order, active tab and layout from what was saved, as far as those open now permit.
    /// The text may be anything: whoever can run a script here, or an older page, wrote it.
    pub fn restore(&mut self, saved: &str) {
        let mut words = saved.split(' ');
        let [order, active, tiles] = std::array::from_fn(|_| ids(words.next().unwrap_or_default()));
        let wanted = |id: &TerminalId| order.iter().position(|saved| saved == id).unwrap_or(usize::MAX);
        // Stable, so that those it doesn't name keep their order, behind.
        self.open.sort_by_key(|id| (*id != TerminalId::FIRST, wanted(id)));
        if let Some(active) = active.first().filter(|id| self.open.contains(id)) {
            self.active = *active;
        }
        self.tiles = tiles;
        self.layout = Layout::from_name(words.next().unwrap_or_default()).best_fit(self.open.len());
        self.tile();
    }
}

/// The ids among the characters of `text`, as many as there can be.
fn ids(text: &str) -> Vec<TerminalId> {
    let digits = text.chars().filter_map(|digit| u8::try_from(digit.to_digit(10)?).ok());
    digits.filter_map(|number| TerminalId::new(number).ok()).take(TerminalId::MAX.into()).collect()
}

fn neighbour(among: &[TerminalId], of: TerminalId, by: isize) -> TerminalId {
    let place = among.iter().position(|id| *id == of).unwrap_or(0);
    let count = isize::try_from(among.len()).unwrap_or(1).max(1);
    let wanted = (isize::try_from(place).unwrap_or(0) + by).rem_euclid(count);
    usize::try_from(wanted).ok().and_then(|place| among.get(place)).copied().unwrap_or(of)
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

    fn shown(tabs: &Tabs) -> Vec<u8> {
        tabs.shown().map(TerminalId::get).collect()
    }

    /// As many tabs, the first of them active.
    fn of(count: u8) -> Tabs {
        let mut tabs = Tabs::default();
        tabs.merge((1..=count).map(id));
        tabs
    }

    /// What must hold whatever was done.
    fn holds(tabs: &Tabs) {
        assert_eq!(tabs.open().first(), Some(&TerminalId::FIRST), "{tabs:?}");
        assert!(tabs.shown().any(|id| id == tabs.active()), "{tabs:?}");
        assert_eq!(tabs.shown().count(), tabs.layout().tiles(), "{tabs:?}");
        let mut once = numbers(tabs);
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), tabs.open().len(), "{tabs:?}");
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

        fn tabs_move_but_for_the_first() {
            let mut tabs = of(4);
            assert!(tabs.move_by(id(4), -1));
            assert_eq!(numbers(&tabs), [1, 2, 4, 3]);
            assert!(tabs.move_to(id(2), 9));
            assert_eq!(numbers(&tabs), [1, 4, 3, 2]);
            assert!(tabs.move_to(id(2), 0));
            assert_eq!(numbers(&tabs), [1, 2, 4, 3]);
            assert!(!tabs.move_by(id(2), -1));
            assert!(!tabs.move_by(id(3), 1));
            assert!(!tabs.move_by(id(1), 1));
            assert!(!tabs.move_to(id(6), 1));
            assert_eq!(numbers(&tabs), [1, 2, 4, 3]);
        }

        fn a_layout_shows_the_active_one_and_fills_up_in_order() {
            let mut tabs = of(5);
            tabs.activate(id(4));
            tabs.arrange(Layout::Columns);
            assert_eq!(shown(&tabs), [1, 4]);
            tabs.arrange(Layout::Four);
            assert_eq!(shown(&tabs), [1, 2, 3, 4]);
            tabs.arrange(Layout::Six);
            assert_eq!(tabs.layout(), Layout::Four);
            assert_eq!((tabs.next_tile(), tabs.active()), (id(1), id(4)));
        }

        fn tiles_stand_in_the_order_of_the_tabs() {
            let mut tabs = of(3);
            tabs.arrange(Layout::OneAndTwo);
            tabs.move_by(id(3), -1);
            assert_eq!(shown(&tabs), [1, 3, 2]);
        }

        fn closing_falls_back_to_the_best_fit() {
            let mut tabs = of(6);
            tabs.arrange(Layout::Six);
            for (closed, layout, still) in [
                (6, Layout::Four, vec![1, 2, 3, 4]),
                (2, Layout::Four, vec![1, 3, 4, 5]),
                (3, Layout::OneAndTwo, vec![1, 4, 5]),
                (5, Layout::Columns, vec![1, 4]),
                (4, Layout::Tabbed, vec![1]),
            ] {
                tabs.close(id(closed));
                assert_eq!((tabs.layout(), shown(&tabs)), (layout, still));
                holds(&tabs);
            }
        }

        fn asking_for_a_hidden_tab_returns_to_tabs() {
            let mut tabs = of(3);
            tabs.arrange(Layout::Columns);
            tabs.activate(id(2));
            assert_eq!(tabs.layout(), Layout::Columns);
            tabs.activate(id(3));
            assert_eq!((tabs.layout(), shown(&tabs)), (Layout::Tabbed, vec![3]));
            tabs.arrange(Layout::OneAndTwo);
            assert_eq!(tabs.add(), Some(id(4)));
            assert_eq!((tabs.layout(), shown(&tabs)), (Layout::Tabbed, vec![4]));
        }

        fn what_was_saved_is_restored() {
            let mut tabs = of(5);
            tabs.move_to(id(5), 1);
            tabs.activate(id(3));
            tabs.arrange(Layout::OneAndTwo);
            let mut again = of(5);
            again.restore(&tabs.save());
            assert_eq!((shown(&again), again.active(), again.layout()), (shown(&tabs), id(3), Layout::OneAndTwo));
            assert_eq!(numbers(&again), [1, 5, 2, 3, 4]);
        }

        fn what_was_saved_gives_way_to_what_is_open() {
            let mut tabs = of(3);
            tabs.restore("164253 6 64 four");
            assert_eq!(numbers(&tabs), [1, 2, 3]);
            assert_eq!((tabs.active(), tabs.layout()), (id(1), Layout::OneAndTwo));
            holds(&tabs);
        }

        fn whatever_was_saved_is_harmless() {
            for saved in [
                "",
                "   ",
                "999 0 -1 six",
                "2222222222 2 222222 four",
                "321 3 321 <script>alert(1)</script>",
                "١٢٣ 2 23 columns",
                "{\"open\":[1,2]} null tabbed six six six",
                "31 3 3 six\0",
            ] {
                let mut tabs = of(4);
                tabs.restore(saved);
                holds(&tabs);
                assert_eq!(tabs.open().len(), 4);
            }
            let mut tabs = of(6);
            tabs.restore(&"6 ".repeat(100_000));
            holds(&tabs);
        }

        fn a_tab_is_called_by_its_process_else_by_its_number() {
            assert_eq!(label(id(2), "vim"), "vim");
            assert_eq!(label(id(2), ""), "Terminal 2");
        }
    }
}
