//! A command line that is typed into a new shell once it is up.
//!
//! Typed too early, the kernel echoes it above the prompt and the shell's line editor shows it
//! again. So it waits until the shell has written its prompt and reads single keys, which is when
//! a line editor is at work; a shell without one gets it after a moment.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use crate::sys;

/// How long a shell may take before it is typed anyway.
const PATIENCE: Duration = Duration::from_secs(2);

/// See the module.
pub struct Command {
    line: String,
    has_written: bool,
    deadline: Instant,
}

impl Command {
    pub fn new(line: String) -> Self {
        Self { line, has_written: false, deadline: Instant::now() + PATIENCE }
    }

    pub fn shell_wrote(&mut self) {
        self.has_written = true;
    }

    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    pub fn is_due(&self, terminal: BorrowedFd<'_>, now: Instant) -> bool {
        now >= self.deadline || self.has_written && sys::takes_single_keys(terminal)
    }

    /// As a person types it, with Enter.
    pub fn into_line(self) -> Vec<u8> {
        let mut line = self.line.into_bytes();
        line.push(b'\r');
        line
    }
}
