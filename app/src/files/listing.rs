//! The rows of a folder that are here, of the many that it may have: fetched page by page as they are seen, and kept
//! on the page while newer ones are on their way.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::model::storage::{self, Entry, PAGE};

/// The most pages that are kept; those farthest from what is seen are let go.
const MOST: usize = 300;
/// The most rows whose names can be told at once.
pub const MOST_ROWS: u32 = MOST as u32 * PAGE;

/// What an answer is to; one from before the folder was left is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    folder: u32,
    version: u32,
}

#[derive(Debug, Clone)]
struct Page {
    entries: Vec<Entry>,
    version: u32,
}

/// A folder's rows.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    pages: BTreeMap<u32, Page>,
    /// Pages on their way, of this version.
    asked: BTreeSet<u32>,
    total: Option<u32>,
    folder: u32,
    version: u32,
}

impl Listing {
    /// Another folder, or another order: nothing of before is shown.
    pub fn clear(&mut self) {
        *self = Self { folder: self.folder.wrapping_add(1), ..Self::default() };
    }

    /// The folder changed: what is here is shown until it is replaced.
    pub fn renew(&mut self) {
        self.version = self.version.wrapping_add(1);
        self.asked.clear();
    }

    /// How many rows the folder has; none before the first answer.
    #[must_use]
    pub fn total(&self) -> Option<u32> {
        self.total
    }

    #[must_use]
    pub fn get(&self, row: u32) -> Option<&Entry> {
        self.pages.get(&(row / PAGE))?.entries.get((row % PAGE) as usize)
    }

    /// The row of a name, if it is here.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<u32> {
        self.loaded().find(|(_, entry)| entry.name == name).map(|(row, _)| row)
    }

    /// All rows that are here.
    pub fn loaded(&self) -> impl Iterator<Item = (u32, &Entry)> {
        self.pages.iter().flat_map(|(page, held)| (page * PAGE..).zip(&held.entries))
    }

    /// Whether every row is here and none is old.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.total.is_some_and(|total| (0..total.div_ceil(PAGE)).all(|page| self.is_fresh(page)))
    }

    /// The names in `rows`; none while some are missing or old.
    #[must_use]
    pub fn names(&self, rows: Range<u32>) -> Option<Vec<String>> {
        let name = |row| self.get(row).filter(|_| self.is_fresh(row / PAGE)).map(|entry| entry.name.clone());
        rows.map(name).collect()
    }

    fn is_fresh(&self, page: u32) -> bool {
        self.pages.get(&page).is_some_and(|held| held.version == self.version)
    }

    /// The pages to fetch so that `rows` are here, each by how many rows come before it. They count as asked for.
    pub fn want(&mut self, rows: Range<u32>) -> Vec<u32> {
        let end = self.total.map_or(rows.end, |total| rows.end.min(total));
        // The first page tells how many there are.
        let pages = rows.start / PAGE..end.div_ceil(PAGE).max(u32::from(self.total.is_none()));
        let first = (!self.is_fresh(0) && (self.total.is_none() || self.total == Some(0))).then_some(0);
        let wanted: BTreeSet<u32> =
            first.into_iter().chain(pages).filter(|page| !self.is_fresh(*page) && !self.asked.contains(page)).collect();
        self.asked.extend(&wanted);
        wanted.into_iter().map(|page| page * PAGE).collect()
    }

    #[must_use]
    pub fn ticket(&self) -> Ticket {
        Ticket { folder: self.folder, version: self.version }
    }

    /// Takes an answer in; says whether it is of this folder.
    pub fn take(&mut self, ticket: Ticket, answer: storage::Listing) -> bool {
        if ticket.folder != self.folder {
            return false;
        }
        let storage::Listing { entries, offset, total } = answer;
        let mut page = offset / PAGE;
        let mut entries = entries.into_iter().peekable();
        loop {
            let held: Vec<Entry> = entries.by_ref().take(PAGE as usize).collect();
            let is_newer = self.pages.get(&page).is_none_or(|known| !is_before(ticket.version, known.version));
            if is_newer {
                self.pages.insert(page, Page { entries: held, version: ticket.version });
            }
            if ticket.version == self.version {
                self.asked.remove(&page);
            }
            page += 1;
            if entries.peek().is_none() {
                break;
            }
        }
        if !self.total.is_some_and(|_| is_before(ticket.version, self.version)) {
            self.total = Some(total);
            self.pages.retain(|page, _| *page < total.div_ceil(PAGE).max(1));
        }
        self.let_go(offset / PAGE);
        true
    }

    fn let_go(&mut self, around: u32) {
        while self.pages.len() > MOST {
            let first = self.pages.keys().next().copied().unwrap_or(around);
            let last = self.pages.keys().next_back().copied().unwrap_or(around);
            let farthest = if around.abs_diff(first) > around.abs_diff(last) { first } else { last };
            self.pages.remove(&farthest);
        }
    }
}

/// Whether version `a` came before `b`; versions wrap.
fn is_before(a: u32, b: u32) -> bool {
    b.wrapping_sub(a).wrapping_sub(1) < u32::MAX / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::storage::Kind;
    use crate::terminal::test_everywhere;

    fn entry(row: u32) -> Entry {
        Entry {
            name: format!("file-{row}"),
            kind: Kind::File,
            size: row.into(),
            modified_at: String::new(),
            media_type: String::new(),
            is_reachable: true,
            is_protected: false,
        }
    }

    fn answer(offset: u32, count: u32, total: u32) -> storage::Listing {
        storage::Listing { entries: (offset..(offset + count).min(total)).map(entry).collect(), offset, total }
    }

    test_everywhere! {
        fn pages_come_as_they_are_seen_and_once() {
            let mut listing = Listing::default();
            assert_eq!(listing.want(0..20), [0]);
            assert!(listing.want(0..20).is_empty());
            assert!(listing.take(listing.ticket(), answer(0, 200, 50_000)));
            assert_eq!(listing.total(), Some(50_000));
            assert!(listing.want(0..200).is_empty());
            assert_eq!(listing.want(24_990..25_010), [24_800, 25_000]);
            assert!(listing.take(listing.ticket(), answer(25_000, 200, 50_000)));
            assert_eq!(listing.get(25_100).map(|entry| entry.name.as_str()), Some("file-25100"));
            assert!(listing.get(24_990).is_none());
            assert_eq!(listing.find("file-25003"), Some(25_003));
        }

        fn an_answer_of_many_rows_is_several_pages() {
            let mut listing = Listing::default();
            listing.take(listing.ticket(), answer(0, 1_000, 2_500));
            assert!(listing.want(0..1_000).is_empty());
            assert_eq!(listing.want(0..5_000).len(), 8);
            assert_eq!(listing.names(998..1_000), Some(vec!["file-998".into(), "file-999".into()]));
            assert_eq!(listing.names(999..1_001), None);
        }

        fn an_answer_to_another_folder_is_ignored() {
            let mut listing = Listing::default();
            listing.want(0..20);
            let before = listing.ticket();
            listing.clear();
            assert!(!listing.take(before, answer(0, 3, 3)));
            assert_eq!(listing.total(), None);
            assert_eq!(listing.want(0..20), [0]);
        }

        fn what_is_old_is_shown_until_it_is_replaced() {
            let mut listing = Listing::default();
            listing.take(listing.ticket(), answer(0, 200, 400));
            listing.take(listing.ticket(), answer(200, 200, 400));
            assert!(listing.is_whole());
            listing.renew();
            assert!(!listing.is_whole());
            assert!(listing.get(5).is_some());
            assert_eq!(listing.names(0..5), None, "they may be others now");
            assert_eq!(listing.want(0..20), [0]);
            listing.take(listing.ticket(), answer(0, 150, 150));
            assert_eq!(listing.total(), Some(150));
            assert!(listing.get(250).is_none(), "gone with the page it was on");
            assert!(listing.is_whole());
        }

        fn a_late_answer_replaces_nothing_newer() {
            let mut listing = Listing::default();
            listing.want(0..20);
            let late = listing.ticket();
            listing.renew();
            listing.want(0..20);
            listing.take(listing.ticket(), answer(0, 1, 1));
            listing.take(late, answer(0, 3, 3));
            assert_eq!(listing.total(), Some(1));
            assert!(listing.get(1).is_none());
        }

        fn an_empty_folder_is_known_to_be_empty_and_asked_about_again_when_it_changes() {
            let mut listing = Listing::default();
            listing.want(0..20);
            listing.take(listing.ticket(), answer(0, 0, 0));
            assert_eq!(listing.total(), Some(0));
            assert!(listing.is_whole() && listing.want(0..20).is_empty());
            listing.renew();
            assert_eq!(listing.want(0..20), [0]);
        }

        fn memory_is_bounded() {
            let mut listing = Listing::default();
            for page in 0..2_000 {
                listing.take(listing.ticket(), answer(page * PAGE, PAGE, 400_000));
            }
            assert_eq!(listing.pages.len(), MOST);
            assert!(listing.get(399_999).is_some());
        }
    }
}
