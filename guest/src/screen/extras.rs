//! What few cells have: combining marks, underline colours and links. Bounded, whatever is written.
//!
//! Cells hold numbers into two tables. Entries that no cell uses any more are swept out when a table
//! has doubled, so memory follows what is on the screen and not what was ever written.

use std::collections::HashMap;
use std::sync::Arc;

use super::cell::{Cell, Pen};

/// Marks kept on one character. Real text has at most four or five; "zalgo" is cut short.
pub(super) const MAX_MARKS: usize = 8;
/// A link's address and id, bytes. Longer ones are not kept, as other terminals do.
pub(super) const MAX_LINK_BYTES: usize = 2 * 1024;
/// The links of one screen, bytes. A cell that would need more has none: each of a million could have one of its own.
const MAX_LINKS_BYTES: usize = 4 * 1024 * 1024;
/// Entries a table may have before it is swept for the first time.
const FIRST_SWEEP: usize = 1024;

/// A character and the marks on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cluster {
    len: u8,
    chars: [char; MAX_MARKS + 1],
}

impl Cluster {
    pub fn new(base: char) -> Self {
        let mut chars = ['\0'; MAX_MARKS + 1];
        chars[0] = base;
        Self { len: 1, chars }
    }

    /// Adds a mark, unless there are [`MAX_MARKS`] already.
    pub fn push(&mut self, mark: char) {
        if let Some(slot) = self.chars.get_mut(usize::from(self.len)) {
            *slot = mark;
            self.len += 1;
        }
    }

    pub fn chars(&self) -> &[char] {
        &self.chars[..usize::from(self.len)]
    }
}

/// A hyperlink (OSC 8).
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Link {
    /// What the program named it, so that pieces of it belong together; may be empty.
    pub id: String,
    pub uri: String,
}

impl Link {
    /// How much there is to keep, bytes.
    pub fn len(&self) -> usize {
        self.id.len() + self.uri.len()
    }
}

/// What is rare in a pen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Extra {
    /// As [`Pen::fg`], colour only; 0 is the text's own colour.
    pub underline_color: u32,
    pub link: Option<Arc<Link>>,
}

#[derive(Debug, Default)]
pub(super) struct Extras {
    clusters: Vec<Cluster>,
    sweep_clusters_at: usize,
    entries: Vec<Extra>,
    numbers: HashMap<Extra, u32>,
    sweep_entries_at: usize,
    links_bytes: usize,
    /// Links left out since the last sweep, and how many make another worth its time.
    refused: usize,
    sweep_after_refused: usize,
}

impl Extras {
    /// The cluster's characters; empty for a number that was never given out.
    pub fn cluster(&self, number: u32) -> &[char] {
        self.clusters.get(number as usize).map_or(&[], Cluster::chars)
    }

    /// Room for one more cluster; each belongs to the one cell it is put into.
    pub fn add_cluster(&mut self, cluster: Cluster) -> u32 {
        self.clusters.push(cluster);
        (self.clusters.len() - 1) as u32
    }

    /// Adds a mark to what `cell` holds and returns the cell with it.
    pub fn add_mark(&mut self, cell: Cell, mark: char) -> Cell {
        if let Some(number) = cell.cluster() {
            if let Some(cluster) = self.clusters.get_mut(number as usize) {
                cluster.push(mark);
            }
            return cell;
        }
        let Some(base) = cell.char() else { return Cell::narrow(mark, cell.pen) };
        let mut cluster = Cluster::new(base);
        cluster.push(mark);
        cell.with_cluster(self.add_cluster(cluster))
    }

    /// What is rare in `pen`.
    pub fn get(&self, pen: Pen) -> Extra {
        match pen.extra() {
            0 => Extra::default(),
            number => self.entries.get(number as usize - 1).cloned().unwrap_or_default(),
        }
    }

    /// The number for `extra`; 0 if there is nothing to it. A link for which there is no room is left out of it.
    pub fn number(&mut self, mut extra: Extra) -> u32 {
        if extra == Extra::default() {
            return 0;
        }
        if let Some(number) = self.numbers.get(&extra) {
            return *number;
        }
        if let Some(link) = &extra.link {
            if self.links_bytes + link.len() > MAX_LINKS_BYTES {
                self.refused += 1;
                extra.link = None;
                return self.number(extra);
            }
            self.links_bytes += link.len();
        }
        self.entries.push(extra.clone());
        let number = self.entries.len() as u32;
        self.numbers.insert(extra, number);
        number
    }

    /// Whether a table has grown enough to be worth a [`Sweep`].
    pub fn wants_sweep(&self) -> bool {
        self.clusters.len() >= self.sweep_clusters_at.max(FIRST_SWEEP)
            || self.entries.len() >= self.sweep_entries_at.max(FIRST_SWEEP)
            || self.refused > self.sweep_after_refused
    }

    /// Begins anew; every cell and pen in use must then pass through the sweep.
    pub fn sweep(&mut self) -> Sweep {
        let old = std::mem::take(self);
        Sweep { moved: vec![0; old.entries.len()], old }
    }

    /// Ends a sweep over a screen of `cells` cells. The next one comes when a table has doubled, and
    /// not before it has grown by an eighth of the cells, which bounds the work for each entry.
    pub fn swept(&mut self, cells: usize) {
        self.sweep_clusters_at = (self.clusters.len() * 2).max(self.clusters.len() + cells / 8);
        self.sweep_entries_at = (self.entries.len() * 2).max(self.entries.len() + cells / 8);
        self.refused = 0;
        self.sweep_after_refused = cells / 8;
    }
}

/// A sweep in progress: carries what is still used from the old tables to the new ones.
pub(super) struct Sweep {
    old: Extras,
    moved: Vec<u32>,
}

impl Sweep {
    pub fn pen(&mut self, pen: &mut Pen, extras: &mut Extras) {
        let number = pen.extra();
        if number == 0 {
            return;
        }
        let index = number as usize - 1;
        let moved = match self.moved.get(index).copied() {
            Some(0) => {
                let moved = extras.number(self.old.entries[index].clone());
                self.moved[index] = moved;
                moved
            }
            Some(moved) => moved,
            None => 0,
        };
        pen.set_extra(moved);
    }

    pub fn cell(&mut self, cell: &mut Cell, extras: &mut Extras) {
        self.pen(&mut cell.pen, extras);
        if let Some(number) = cell.cluster()
            && let Some(cluster) = self.old.clusters.get(number as usize)
        {
            *cell = cell.with_cluster(extras.add_cluster(*cluster));
        }
    }
}
