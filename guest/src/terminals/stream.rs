//! A terminal's output: the ring, the screen that follows it, and what is held back for now.
//!
//! Invariant: outside of [`Stream::read_from`] and until [`Stream::run_screen`] has run, the screen
//! may be behind the ring by what was read last, never by more than the ring holds.

use std::io::ErrorKind;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use protocol::frame::{MAX_OUTPUT_FRAME, SCROLLBACK_LINES, SNAPSHOT_LINES, Size};

use super::hold::Hold;
use super::ring::Ring;
use crate::screen::{Screen, ScreenEvent};
use crate::sys;

/// A read that brings less than this was all there is: what follows it leaves at once. One that
/// brings more (the kernel gives 4 KiB at most) is part of a flood.
const SMALL_READ: usize = 2048;
/// In a flood, how much is read before the screen is run over it, bytes. The writer's buffers in the kernel
/// hold as much again.
const SCREEN_BATCH: u64 = 32 * 1024;
/// See the module.
pub struct Stream {
    pub ring: Ring,
    pub screen: Screen,
    /// Changes with each process, so that offsets of another are not taken for ours.
    pub epoch: String,
    screened: u64,
    hold: Hold,
}

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// As much was read as may be at once.
    Enough,
    /// There is no more for now.
    Empty,
    /// The terminal is gone.
    Gone,
}

impl Stream {
    /// An empty one.
    ///
    /// # Errors
    /// When the kernel has no random bytes.
    pub fn new(size: Size) -> std::io::Result<Self> {
        let epoch = u64::from_ne_bytes(sys::random()?);
        Ok(Self {
            ring: Ring::default(),
            screen: Screen::new(size, SCROLLBACK_LINES),
            epoch: format!("{epoch:016x}"),
            screened: 0,
            hold: Hold::default(),
        })
    }

    /// Reads until the terminal is empty, but no further than offset `until` and no more than one
    /// frame, so that input and other clients get their turn.
    pub fn read_from(&mut self, terminal: BorrowedFd<'_>, until: u64, events: &mut Vec<ScreenEvent>) -> Stop {
        let until = until.min(self.ring.end() + MAX_OUTPUT_FRAME as u64);
        while self.ring.end() < until {
            let end = self.ring.end();
            let space = self.ring.space(usize::try_from(until - end).unwrap_or(MAX_OUTPUT_FRAME));
            let (asked, result) = (space.len(), sys::read(terminal, space));
            match result {
                Ok(0) => return Stop::Gone,
                Ok(count) => {
                    self.hold.scan(end, &space[..count]);
                    self.ring.commit(count);
                    if count < SMALL_READ && count < asked {
                        return Stop::Empty;
                    }
                    if self.behind() >= SCREEN_BATCH {
                        self.run_screen(events);
                    }
                }
                // A flood that pauses: the screen is run while its writer fills the kernel's buffer again.
                Err(error) if error.kind() == ErrorKind::WouldBlock && self.behind() >= SMALL_READ as u64 => {
                    self.run_screen(events);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Stop::Empty,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Stop::Gone,
            }
        }
        Stop::Enough
    }

    /// How far the screen is behind the ring, bytes.
    fn behind(&self) -> u64 {
        self.ring.end() - self.screened
    }

    /// Lets the screen catch up with the ring.
    pub fn run_screen(&mut self, events: &mut Vec<ScreenEvent>) {
        let (a, b) = self.ring.slices(self.screened, self.ring.end());
        for part in [a, b] {
            if !part.is_empty() {
                self.screen.advance(part, events);
            }
        }
        self.screened = self.ring.end();
    }

    /// The offset that may be sent up to.
    pub fn sendable(&self) -> u64 {
        self.hold.sendable(self.ring.end())
    }

    /// Whether bytes are held back.
    pub fn is_held(&self) -> bool {
        self.sendable() < self.ring.end()
    }

    /// When what is held is to be let go.
    pub fn deadline(&self) -> Option<Instant> {
        self.hold.deadline()
    }

    /// Lets go what has been held for long enough.
    pub fn expire(&mut self, now: Instant) {
        self.hold.expire(self.ring.end(), now);
    }

    /// Lets go whatever is held.
    pub fn release(&mut self) {
        self.hold.release();
    }

    /// What redraws everything from nothing, and the offset at which the stream goes on.
    pub fn snapshot(&mut self, events: &mut Vec<ScreenEvent>) -> (Vec<u8>, u64) {
        self.run_screen(events);
        let snapshot = self.screen.snapshot(SNAPSHOT_LINES);
        (snapshot, self.ring.end())
    }
}
