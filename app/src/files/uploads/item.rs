//! One file on its way.

use super::{Act, Answer, Command, ItemId, wait};
use crate::model::error::ApiError;
use crate::model::storage::{At, Clash, PART_THRESHOLD, Stored, Upload};

/// Where a file is on its way; the diagram is in the module above.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Queued,
    /// A part is being read and hashed.
    Hashing,
    Sending,
    /// All is there, and is put in its place.
    Completing,
    /// Cut; the next try comes in so many milliseconds.
    Paused {
        wait_ms: u32,
    },
    /// Its name is taken.
    Asking,
    Done,
    /// Its name was taken, and it was not to be sent.
    Skipped,
    Failed(ApiError),
    Cancelled,
}

impl State {
    /// Whether it takes one of the places of those that are sent.
    #[must_use]
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Hashing | Self::Sending | Self::Completing | Self::Paused { .. })
    }

    /// Whether nothing more comes of it by itself.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::Skipped | Self::Failed(_) | Self::Cancelled)
    }
}

/// A file.
#[derive(Debug, Clone)]
pub struct Item {
    pub id: ItemId,
    /// Where it is to be.
    pub at: At,
    pub size: u64,
    pub clash: Clash,
    pub even_protected: bool,
    pub state: State,
    /// Where it is, once it is.
    pub stored: Option<Stored>,
    /// Counts what was begun: an answer to another one is to something called off.
    pub(super) attempt: u32,
    pub(super) upload: Option<Upload>,
    /// Bytes that left of what is being sent.
    pub(super) leaving: u64,
    /// The part that is being sent.
    pub(super) part: Option<u32>,
    /// The most parts that ever were there.
    pub(super) most_parts: usize,
    /// Cuts and refusals since there last were more parts than before.
    pub(super) failures: u32,
}

impl Item {
    pub(super) fn new(id: ItemId, at: At, size: u64, even_protected: bool) -> Self {
        Self {
            id,
            at,
            size,
            clash: Clash::Refuse,
            even_protected,
            state: State::Queued,
            stored: None,
            attempt: 0,
            upload: None,
            leaving: 0,
            part: None,
            most_parts: 0,
            failures: 0,
        }
    }

    /// Whether it goes in parts.
    pub(super) fn is_large(&self) -> bool {
        self.size > PART_THRESHOLD
    }

    /// Bytes that are there or have left.
    #[must_use]
    pub fn sent(&self) -> u64 {
        if self.state == State::Done {
            return self.size;
        }
        let there = self.upload.as_ref().map_or(0, |upload| {
            let parts = upload.parts.iter().map(|number| part(upload, *number));
            parts.map(|(from, to)| to - from).sum()
        });
        (there + self.leaving).min(self.size)
    }

    fn command(&self, act: Act) -> Command {
        Command { item: self.id, attempt: self.attempt, act }
    }

    pub(super) fn begin(&mut self) -> Command {
        self.attempt += 1;
        self.resume()
    }

    /// From where it is: after a cut, or from the beginning.
    pub(super) fn resume(&mut self) -> Command {
        self.state = State::Sending;
        self.leaving = 0;
        self.part = None;
        match &self.upload {
            Some(upload) => self.command(Act::Status { upload: upload.id.clone() }),
            None if self.is_large() => self.command(Act::Begin),
            None => self.command(Act::Store),
        }
    }

    /// What follows, now that these parts are there.
    pub(super) fn next_part(&mut self, upload: Upload) -> Command {
        self.leaving = 0;
        let id = upload.id.clone();
        let count = u32::try_from(upload.size.div_ceil(upload.part_size.max(1))).unwrap_or(u32::MAX);
        let missing = (0..count).find(|number| !upload.parts.contains(number));
        self.part = missing;
        let act = match missing {
            Some(number) => {
                let (from, to) = part(&upload, number);
                self.state = State::Hashing;
                Act::Part { upload: id, number, from, to }
            }
            None => {
                self.state = State::Completing;
                Act::Complete { upload: id }
            }
        };
        self.upload = Some(upload);
        self.command(act)
    }

    /// Tries again in a while, unless that was done often enough.
    pub(super) fn pause_or_fail(
        &mut self,
        most: u32,
        random: f64,
        error: impl FnOnce() -> ApiError,
    ) -> Option<Command> {
        if self.failures >= most {
            self.fail(error());
            return None;
        }
        let ms = wait(self.failures, random);
        self.failures += 1;
        self.leaving = 0;
        self.state = State::Paused { wait_ms: ms };
        Some(self.command(Act::Wait { ms }))
    }

    /// Ends a pause; its timer is nobody's from now on.
    pub(super) fn hurry(&mut self) -> Command {
        self.failures = 0;
        self.begin()
    }

    pub(super) fn fail(&mut self, error: ApiError) {
        self.leaving = 0;
        self.state = State::Failed(error);
    }

    pub(super) fn store(&mut self, stored: Stored) {
        self.leaving = 0;
        self.state = State::Done;
        self.stored = Some(stored);
    }

    pub(super) fn requeue(&mut self) {
        self.leaving = 0;
        self.most_parts = 0;
        self.failures = 0;
        self.attempt += 1;
        self.state = State::Queued;
    }

    pub(super) fn answer(&mut self, answer: Answer) {
        self.requeue();
        match answer {
            Answer::Replace => self.clash = Clash::Replace,
            Answer::KeepBoth => self.clash = Clash::KeepBoth,
            Answer::Skip => self.state = State::Skipped,
        }
    }

    /// Has the server forget the parts that are there.
    pub(super) fn give_up_upload(&mut self) -> Option<Command> {
        let upload = self.upload.take()?;
        Some(self.command(Act::Abort { upload: upload.id }))
    }
}

/// The bytes of a part: from, and up to.
fn part(upload: &Upload, number: u32) -> (u64, u64) {
    let from = u64::from(number).saturating_mul(upload.part_size).min(upload.size);
    (from, from.saturating_add(upload.part_size).min(upload.size))
}
