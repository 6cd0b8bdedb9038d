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

use crate::model::error::{ApiError, ErrorCode};
use crate::model::storage::{At, Clash, PART_THRESHOLD, Stored, Upload};
use crate::terminal::link;

pub use item::{Item, State};
pub use meter::Meter;

/// Files under way at once: small ones are mostly waiting for their answers.
const AT_ONCE: usize = 4;
/// Large ones under way at once: an uplink is narrow.
const LARGE_AT_ONCE: usize = 1;
/// Cuts in a row after which it is said rather than tried again.
const MOST_FAILURES: u32 = 20;

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
}

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

    /// Puts files behind those that wait.
    pub fn add(&mut self, files: impl IntoIterator<Item = New>) -> Vec<ItemId> {
        if self.totals().open == 0 {
            self.for_all = None;
        }
        let first = self.items.len();
        for New { at, size, even_protected } in files {
            let id = ItemId(self.next);
            self.next = self.next.wrapping_add(1);
            self.items.push(Item::new(id, at, size, even_protected));
        }
        self.items[first..].iter().map(|item| item.id).collect()
    }

    /// Starts what may be: call it after each event, and whenever files were added.
    pub fn start(&mut self) -> Vec<Command> {
        let is_large = |item: &Item| item.size > PART_THRESHOLD;
        let mut active = self.items.iter().filter(|item| item.state.is_active()).count();
        let mut large = self.items.iter().filter(|item| item.state.is_active() && is_large(item)).count();
        let mut commands = Vec::new();
        for item in &mut self.items {
            if active >= AT_ONCE {
                break;
            }
            if item.state != State::Queued || (is_large(item) && large >= LARGE_AT_ONCE) {
                continue;
            }
            active += 1;
            large += usize::from(is_large(item));
            commands.push(item.begin());
        }
        commands
    }

    /// Takes in what happened to a file at `now_ms`; `random` is in 0–1.
    pub fn happened(&mut self, id: ItemId, attempt: u32, event: Event, now_ms: i64, random: f64) -> Option<Command> {
        let for_all = self.for_all;
        let place = self.place(id)?;
        let item = &mut self.items[place];
        if item.attempt != attempt {
            // Called off meanwhile. An upload that began all the same is nobody's.
            return match event {
                Event::Parts(upload) if item.upload.as_ref() != Some(&upload) => Some(item.abort(upload.id)),
                _ => None,
            };
        }
        let before = item.sent();
        let next = match event {
            Event::Hashed => {
                item.state = State::Sending;
                None
            }
            Event::Progress(bytes) => {
                item.leaving = bytes.min(item.size);
                None
            }
            Event::Stored(stored) => {
                item.state = State::Done;
                item.stored = Some(stored);
                None
            }
            Event::Parts(upload) => {
                item.failures = 0;
                Some(item.next_part(upload))
            }
            Event::Waited => Some(item.resume()),
            Event::Cut if item.failures < MOST_FAILURES => Some(item.pause(random)),
            Event::Cut => {
                item.fail(ApiError::new(
                    ErrorCode::Internal,
                    "The server could not be reached. Check the connection and try again.",
                ));
                None
            }
            Event::Refused(error) if error.code == ErrorCode::Conflict && item.clash == Clash::Refuse => {
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
                item.failures += 1;
                if item.failures < MOST_FAILURES { Some(item.resume()) } else { None }
            }
            Event::Refused(error) if is_passing(error.code) && item.failures < MOST_FAILURES / 4 => {
                Some(item.pause(random))
            }
            Event::Refused(error) => {
                item.fail(error);
                None
            }
        };
        let gained = self.items[place].sent().saturating_sub(before);
        self.meter.add(gained, now_ms);
        next
    }

    /// Answers the question about a name, or about all names from now on.
    pub fn answer(&mut self, id: ItemId, answer: Answer, all: bool) {
        if all {
            self.for_all = Some(answer);
        }
        for item in &mut self.items {
            if item.state == State::Asking && (all || item.id == id) {
                item.answer(answer);
            }
        }
    }

    /// The first file whose name is taken, and how many there are.
    #[must_use]
    pub fn asking(&self) -> Option<(&Item, usize)> {
        let count = self.items.iter().filter(|item| item.state == State::Asking).count();
        self.items.iter().find(|item| item.state == State::Asking).map(|item| (item, count))
    }

    /// Calls a file off; what is there of it is to be forgotten.
    pub fn cancel(&mut self, id: ItemId) -> Option<Command> {
        let place = self.place(id)?;
        let item = &mut self.items[place];
        if item.state.is_over() {
            return None;
        }
        item.state = State::Cancelled;
        item.leaving = 0;
        item.attempt += 1;
        item.give_up_upload()
    }

    /// Puts a file that failed or was called off into the queue again.
    pub fn retry(&mut self, id: ItemId) {
        if let Some(place) = self.place(id)
            && matches!(self.items[place].state, State::Failed(_) | State::Cancelled)
        {
            self.items[place].requeue();
        }
    }

    /// Files that wait after a cut go on at once: the browser is online again.
    pub fn hurry(&mut self) -> Vec<Command> {
        let paused = self.items.iter_mut().filter(|item| matches!(item.state, State::Paused { .. }));
        paused.map(Item::hurry).collect()
    }

    /// Forgets what is over.
    pub fn clear(&mut self) {
        self.items.retain(|item| !item.state.is_over());
        self.meter = Meter::default();
    }

    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for item in &self.items {
            if matches!(item.state, State::Cancelled | State::Skipped) {
                continue;
            }
            totals.files += 1;
            totals.bytes += item.size;
            totals.sent += item.sent();
            match item.state {
                State::Done => totals.done += 1,
                State::Failed(_) => totals.failed += 1,
                _ => totals.open += 1,
            }
        }
        totals
    }

    /// Bytes a second, of late.
    #[must_use]
    pub fn speed(&self, now_ms: i64) -> u64 {
        self.meter.speed(now_ms)
    }
}

/// Whether a refusal may be none the next time.
fn is_passing(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Internal | ErrorCode::RateLimited | ErrorCode::RuntimeUnavailable)
}

/// How long to wait after so many cuts in a row, as terminals do.
fn wait(failures: u32, random: f64) -> u32 {
    link::wait(failures, random)
}

#[cfg(test)]
mod tests;
