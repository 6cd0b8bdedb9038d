//! Files on their way to the server: which goes next, in what pieces, and what becomes of a cut or a taken name.
//!
//! ```text
//!            start             small: Store            answer
//!   Queued ────────▶ Sending ─────────────────────────────────▶ Done
//!     ▲   │            │ large: Begin, then per part: Hashing → Sending, then Completing
//!     │   │            │ cut               waited: Store or Begin again, or Status and on from there
//!     │   │            ├───────▶ Paused ──────────▶ Sending
//!     │   │            │ name taken        answer: replace or keep both
//!     │   │            ├───────▶ Asking ──────────▶ Queued          skip ▶ Skipped
//!     │   │            └───────▶ Failed ─┐
//!     │   └─ cancel, from any ▶ Cancelled ┤
//!     └───────────────────────── retry ───┘
//! ```
//!
//! No I/O: each event returns what the caller is to do.

mod item;
mod meter;
mod tally;

use crate::model::error::{ApiError, ErrorCode};
use crate::model::storage::{At, Clash, Stored, Upload};
use crate::terminal::link;

pub use item::{Item, State};
pub use meter::Meter;
use tally::Tally;
pub use tally::Totals;

/// Files under way at once: small ones are mostly waiting for their answers.
const AT_ONCE: usize = 4;
/// Large ones under way at once: an uplink is narrow.
const LARGE_AT_ONCE: usize = 1;
/// Cuts in a row after which it is said rather than tried again.
const MOST_FAILURES: u32 = 20;
/// Refusals in a row that may pass, after which they are taken at their word.
const MOST_REFUSALS: u32 = 5;

/// A file in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u32);

/// What the caller is to do about a file. All but [`Act::Abort`] report back with their `attempt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub item: ItemId,
    pub attempt: u32,
    pub act: Act,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Send it whole.
    Store,
    /// Begin an upload in parts.
    Begin,
    /// Hash these bytes, then send them as part `number`.
    Part {
        upload: String,
        number: u32,
        from: u64,
        to: u64,
    },
    /// Ask which parts are there.
    Status {
        upload: String,
    },
    Complete {
        upload: String,
    },
    /// Have the server forget it; nobody waits for the answer.
    Abort {
        upload: String,
    },
    /// Report [`Event::Waited`] after so many milliseconds.
    Wait {
        ms: u32,
    },
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The part's hash is made: its bytes leave now.
    Hashed,
    /// So many bytes of what is being sent have left.
    Progress(u64),
    Stored(Stored),
    /// The answer to a begin, a part or a question for the status.
    Parts(Upload),
    /// The connection was cut, or the server is not there.
    Cut,
    Refused(ApiError),
    Waited,
}

/// What becomes of a file whose name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Replace,
    KeepBoth,
    Skip,
}

/// A file to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    pub at: At,
    pub size: u64,
    pub even_protected: bool,
}

/// All files, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    items: Vec<Item>,
    next: u32,
    /// What was answered "for all".
    for_all: Option<Answer>,
    meter: Meter,
    /// What all of them come to; they are too many to be counted at each event.
    tally: Tally,
    /// No item before this place waits for its turn.
    first: usize,
}

impl Queue {
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    #[must_use]
    pub fn get(&self, id: ItemId) -> Option<&Item> {
        self.place(id).map(|place| &self.items[place])
    }

    /// Ids only grow, and items stay in their order.
    fn place(&self, id: ItemId) -> Option<usize> {
        self.items.binary_search_by_key(&id, |item| item.id).ok()
    }

    /// Whether what was begun as `attempt` is still wanted.
    #[must_use]
    pub fn is_wanted(&self, id: ItemId, attempt: u32) -> bool {
        self.get(id).is_some_and(|item| item.attempt == attempt)
    }

    /// Changes an item; nothing else may, so that the tally stays right.
    fn change<T>(&mut self, place: usize, change: impl FnOnce(&mut Item) -> T) -> T {
        let item = &mut self.items[place];
        self.tally.remove(item);
        let result = change(item);
        self.tally.add(item);
        if item.state == State::Queued {
            self.first = self.first.min(place);
        }
        result
    }

    /// Puts files behind those that wait.
    pub fn add(&mut self, files: impl IntoIterator<Item = New>) -> Vec<ItemId> {
        if self.totals().open == 0 {
            self.for_all = None;
        }
        let first = self.items.len();
        for New { at, size, even_protected } in files {
            let id = ItemId(self.next);
            self.next = self.next.wrapping_add(1);
            let item = Item::new(id, at, size, even_protected);
            self.tally.add(&item);
            self.items.push(item);
        }
        self.items[first..].iter().map(|item| item.id).collect()
    }

    /// Starts what may be: call it after each event, and whenever files were added.
    pub fn start(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        while self.items.get(self.first).is_some_and(|item| item.state != State::Queued) {
            self.first += 1;
        }
        for place in self.first..self.items.len() {
            if self.tally.active >= AT_ONCE || self.tally.queued == 0 {
                break;
            }
            let item = &self.items[place];
            if item.state == State::Queued && (!item.is_large() || self.tally.large < LARGE_AT_ONCE) {
                commands.push(self.change(place, Item::begin));
            }
        }
        commands
    }

    /// Takes in what happened to a file at `now_ms`; `random` is in 0–1.
    pub fn happened(&mut self, id: ItemId, attempt: u32, event: Event, now_ms: i64, random: f64) -> Option<Command> {
        let Some(place) = self.place(id) else { return nobodys(id, attempt, event) };
        let for_all = self.for_all;
        let before = self.items[place].sent();
        let next = self.change(place, |item| {
            if item.attempt == attempt { take(item, event, for_all, random) } else { take_late(item, attempt, event) }
        });
        let gained = self.items[place].sent().saturating_sub(before);
        self.meter.add(gained, now_ms);
        next
    }

    /// Answers the question about a name, or about all names from now on.
    pub fn answer(&mut self, id: ItemId, answer: Answer, all: bool) {
        if all {
            self.for_all = Some(answer);
        }
        for place in 0..self.items.len() {
            let item = &self.items[place];
            if item.state == State::Asking && (all || item.id == id) {
                self.change(place, |item| item.answer(answer));
            }
        }
    }

    /// The first file whose name is taken, and how many there are.
    #[must_use]
    pub fn asking(&self) -> Option<(&Item, usize)> {
        let count = self.tally.asking;
        let asking = || self.items.iter().find(|item| item.state == State::Asking);
        (count > 0).then(asking).flatten().map(|item| (item, count))
    }

    /// Calls a file off; what is there of it is to be forgotten.
    pub fn cancel(&mut self, id: ItemId) -> Option<Command> {
        let place = self.place(id)?;
        if self.items[place].state.is_over() {
            return None;
        }
        self.change(place, |item| {
            item.state = State::Cancelled;
            item.leaving = 0;
            item.attempt += 1;
            item.give_up_upload()
        })
    }

    /// Puts a file that failed or was called off into the queue again.
    pub fn retry(&mut self, id: ItemId) {
        if let Some(place) = self.place(id)
            && matches!(self.items[place].state, State::Failed(_) | State::Cancelled)
        {
            self.change(place, Item::requeue);
        }
    }

    /// Files that wait after a cut go on at once: the browser is online again.
    pub fn hurry(&mut self) -> Vec<Command> {
        let is_paused = |place: &usize| matches!(self.items[*place].state, State::Paused { .. });
        let paused: Vec<_> = (0..self.items.len()).filter(is_paused).collect();
        paused.into_iter().map(|place| self.change(place, Item::hurry)).collect()
    }

    /// Forgets what is over.
    pub fn clear(&mut self) {
        self.items.retain(|item| !item.state.is_over());
        self.meter = Meter::default();
        self.first = 0;
        self.tally = Tally::default();
        for item in &self.items {
            self.tally.add(item);
        }
    }

    #[must_use]
    pub fn totals(&self) -> Totals {
        self.tally.totals
    }

    /// Bytes a second, of late.
    #[must_use]
    pub fn speed(&self, now_ms: i64) -> u64 {
        self.meter.speed(now_ms)
    }
}

/// What follows from an event of the present attempt.
fn take(item: &mut Item, event: Event, for_all: Option<Answer>, random: f64) -> Option<Command> {
    match event {
        Event::Hashed => {
            item.state = State::Sending;
            None
        }
        Event::Progress(bytes) => {
            item.leaving = bytes.min(item.size);
            None
        }
        Event::Stored(stored) => {
            item.store(stored);
            None
        }
        Event::Parts(upload) => {
            let lost = item.part.is_some_and(|number| !upload.parts.contains(&number));
            if upload.parts.len() > item.most_parts {
                item.most_parts = upload.parts.len();
                item.failures = 0;
            }
            if !lost {
                return Some(item.next_part(upload));
            }
            item.upload = Some(upload);
            item.pause_or_fail(MOST_FAILURES, random, || ApiError::conflict("The server did not keep what was sent."))
        }
        Event::Waited => Some(item.resume()),
        Event::Cut => item.pause_or_fail(MOST_FAILURES, random, || {
            ApiError::new(ErrorCode::Internal, "The server could not be reached. Check the connection and try again.")
        }),
        Event::Refused(error) if error.code == ErrorCode::NameTaken && item.clash == Clash::Refuse => {
            item.leaving = 0;
            match for_all {
                Some(answer) => item.answer(answer),
                None => item.state = State::Asking,
            }
            item.give_up_upload()
        }
        // The server forgot the upload, or lost its parts: from the beginning.
        Event::Refused(error) if error.code == ErrorCode::NotFound && item.upload.is_some() => {
            item.upload = None;
            item.pause_or_fail(MOST_REFUSALS, random, || error)
        }
        // A part that was cut may be coming still, or not be there after all: the status tells.
        Event::Refused(error) if error.code == ErrorCode::Conflict && item.upload.is_some() => {
            item.pause_or_fail(MOST_FAILURES, random, || error)
        }
        Event::Refused(error) if is_passing(error.code) => item.pause_or_fail(MOST_REFUSALS, random, || error),
        Event::Refused(error) => {
            item.fail(error);
            None
        }
    }
}

/// What follows from an event of something that was called off.
fn take_late(item: &mut Item, attempt: u32, event: Event) -> Option<Command> {
    match event {
        // It was too late to call it off.
        Event::Stored(stored) if item.state != State::Done => {
            item.attempt += 1;
            item.store(stored);
            item.give_up_upload()
        }
        Event::Parts(upload) if item.upload.as_ref().is_some_and(|known| known.id == upload.id) => None,
        event => nobodys(item.id, attempt, event),
    }
}

/// An upload that began although its file was called off is to be forgotten.
fn nobodys(item: ItemId, attempt: u32, event: Event) -> Option<Command> {
    match event {
        Event::Parts(upload) => Some(Command { item, attempt, act: Act::Abort { upload: upload.id } }),
        _ => None,
    }
}

/// Whether a refusal may be none the next time.
fn is_passing(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Conflict | ErrorCode::Internal | ErrorCode::RateLimited | ErrorCode::RuntimeUnavailable)
}

/// How long to wait after so many cuts in a row, as terminals do.
fn wait(failures: u32, random: f64) -> u32 {
    link::wait(failures, random)
}

#[cfg(test)]
mod tests;
