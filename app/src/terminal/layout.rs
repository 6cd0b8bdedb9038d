//! How a session's terminals share the page: one behind tabs, or several side by side.

/// An arrangement. Its tiles are told by CSS; see "Tabs and tiling" in the style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// One at a time.
    Tabbed,
    /// Two side by side.
    Columns,
    /// One at the left, two at the right.
    OneAndTwo,
    /// Two rows of two.
    Four,
    /// Two rows of three.
    Six,
}

impl Layout {
    /// All, from the fewest tiles to the most.
    pub const ALL: [Self; 5] = [Self::Tabbed, Self::Columns, Self::OneAndTwo, Self::Four, Self::Six];

    /// How many terminals it shows.
    #[must_use]
    pub fn tiles(self) -> usize {
        match self {
            Self::Tabbed => 1,
            Self::Columns => 2,
            Self::OneAndTwo => 3,
            Self::Four => 4,
            Self::Six => 6,
        }
    }

    /// As people read it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Tabbed => "Tabs",
            Self::Columns => "Two side by side",
            Self::OneAndTwo => "One left, two right",
            Self::Four => "Four",
            Self::Six => "Six",
        }
    }

    /// As it is stored, and named in the style sheet.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tabbed => "tabbed",
            Self::Columns => "columns",
            Self::OneAndTwo => "one-and-two",
            Self::Four => "four",
            Self::Six => "six",
        }
    }

    /// The one of that name; tabbed for any other.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|layout| layout.name() == name).unwrap_or(Self::Tabbed)
    }

    /// Whether `tabs` are enough to fill its tiles.
    #[must_use]
    pub fn is_possible(self, tabs: usize) -> bool {
        self.tiles() <= tabs
    }

    /// The largest that is no larger than this one and that `tabs` can fill.
    #[must_use]
    pub fn best_fit(self, tabs: usize) -> Self {
        let fits = |layout: &Self| *layout <= self && layout.is_possible(tabs);
        Self::ALL.into_iter().rfind(fits).unwrap_or(Self::Tabbed)
    }

    /// The next one that `tabs` can fill, round the end.
    #[must_use]
    pub fn next(self, tabs: usize) -> Self {
        let larger = |layout: &Self| *layout > self && layout.is_possible(tabs);
        Self::ALL.into_iter().find(larger).unwrap_or(Self::Tabbed)
    }

    /// A small picture of it, as a path in a box of 16.
    #[must_use]
    pub fn picture(self) -> &'static str {
        match self {
            Self::Tabbed => "M2 3h12v10H2zM2 6h12",
            Self::Columns => "M2 3h12v10H2zM8 3v10",
            Self::OneAndTwo => "M2 3h12v10H2zM8 3v10M8 8h6",
            Self::Four => "M2 3h12v10H2zM8 3v10M2 8h12",
            Self::Six => "M2 3h12v10H2zM6 3v10M10 3v10M2 8h12",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    test_everywhere! {
        fn a_layout_is_possible_once_its_tiles_can_be_filled() {
            let possible = |tabs| Layout::ALL.into_iter().filter(|layout| layout.is_possible(tabs)).count();
            assert_eq!([1, 2, 3, 4, 5, 6].map(possible), [1, 2, 3, 4, 4, 5]);
        }

        fn the_best_fit_is_the_largest_that_can_be_filled_and_never_larger_than_before() {
            assert_eq!(Layout::Six.best_fit(5), Layout::Four);
            assert_eq!(Layout::Four.best_fit(3), Layout::OneAndTwo);
            assert_eq!(Layout::Four.best_fit(5), Layout::Four);
            assert_eq!(Layout::Columns.best_fit(6), Layout::Columns);
            assert_eq!(Layout::OneAndTwo.best_fit(1), Layout::Tabbed);
            assert_eq!(Layout::Six.best_fit(0), Layout::Tabbed);
        }

        fn the_next_goes_round_what_can_be_filled() {
            let round = |tabs: usize| {
                let mut layout = Layout::Tabbed;
                let mut seen = Vec::new();
                while seen.len() < 9 && !seen.contains(&layout) {
                    seen.push(layout);
                    layout = layout.next(tabs);
                }
                seen.len()
            };
            assert_eq!([1, 2, 3, 4, 5, 6].map(round), [1, 2, 3, 4, 4, 5]);
        }

        fn every_name_leads_back_and_any_other_to_tabs() {
            for layout in Layout::ALL {
                assert_eq!(Layout::from_name(layout.name()), layout);
            }
            for wrong in ["", "Six", "<img src=x onerror=alert(1)>", "four\0"] {
                assert_eq!(Layout::from_name(wrong), Layout::Tabbed);
            }
        }
    }
}
