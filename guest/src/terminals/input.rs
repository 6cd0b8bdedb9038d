//! What was typed and the terminal has no room for yet.

use std::io::ErrorKind;
use std::os::fd::BorrowedFd;

use crate::sys;

/// Clients are heard no further while this much waits, bytes: a program that doesn't read must not
/// make the guest hold what is pasted at it. Over it by no more than one read of each client.
const MAX_WAITING: usize = 256 * 1024;

/// See the module.
#[derive(Default)]
pub struct Input {
    waiting: Vec<u8>,
    written: usize,
}

impl Input {
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.waiting.len() - self.written >= MAX_WAITING
    }

    /// Writes `bytes` behind those that wait, as far as there is room.
    pub fn write(&mut self, terminal: BorrowedFd<'_>, bytes: &[u8]) {
        let mut rest = bytes;
        if self.waiting.is_empty() {
            rest = write_some(terminal, rest);
        }
        self.waiting.extend_from_slice(rest);
    }

    /// There is room again.
    pub fn flush(&mut self, terminal: BorrowedFd<'_>) {
        let left = write_some(terminal, &self.waiting[self.written..]).len();
        self.written = self.waiting.len() - left;
        if left == 0 {
            *self = Self::default();
        }
    }
}

/// Writes as much as there is room for; answers the rest. To a terminal that is gone, all goes.
fn write_some<'a>(terminal: BorrowedFd<'_>, mut bytes: &'a [u8]) -> &'a [u8] {
    while !bytes.is_empty() {
        match sys::write(terminal, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(_) => return &[],
        }
    }
    bytes
}
