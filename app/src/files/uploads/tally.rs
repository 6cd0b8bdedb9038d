//! What all files of the queue come to, kept as each of them changes.

use super::item::{Item, State};

/// How far all of them are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub files: usize,
    pub done: usize,
    pub failed: usize,
    /// Not done, and not given up.
    pub open: usize,
    pub bytes: u64,
    pub sent: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub totals: Totals,
    pub queued: usize,
    pub asking: usize,
    pub active: usize,
    /// Of the active ones, those that go in parts.
    pub large: usize,
}

impl Tally {
    pub fn add(&mut self, item: &Item) {
        let is_active = item.state.is_active();
        self.queued += usize::from(item.state == State::Queued);
        self.asking += usize::from(item.state == State::Asking);
        self.active += usize::from(is_active);
        self.large += usize::from(is_active && item.is_large());
        if let Some(count) = counted(&mut self.totals, item) {
            *count += 1;
            self.totals.files += 1;
            self.totals.bytes += item.size;
            self.totals.sent += item.sent();
        }
    }

    /// Takes off what an item came to, before it changes.
    pub fn remove(&mut self, item: &Item) {
        let is_active = item.state.is_active();
        self.queued -= usize::from(item.state == State::Queued);
        self.asking -= usize::from(item.state == State::Asking);
        self.active -= usize::from(is_active);
        self.large -= usize::from(is_active && item.is_large());
        if let Some(count) = counted(&mut self.totals, item) {
            *count -= 1;
            self.totals.files -= 1;
            self.totals.bytes -= item.size;
            self.totals.sent -= item.sent();
        }
    }
}

/// Where it is counted; nowhere when it was given up.
fn counted<'a>(totals: &'a mut Totals, item: &Item) -> Option<&'a mut usize> {
    match item.state {
        State::Cancelled | State::Skipped => None,
        State::Done => Some(&mut totals.done),
        State::Failed(_) => Some(&mut totals.failed),
        _ => Some(&mut totals.open),
    }
}
