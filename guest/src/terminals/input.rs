//! What was typed and the terminal has no room for yet.

use std::io::ErrorKind;
use std::os::fd::BorrowedFd;

use crate::sys;

/// Who types is heard no further while this much waits, bytes: a program that doesn't read must not
/// make the guest hold what is pasted at it.
const MAX_WAITING: usize = 256 * 1024;
/// What comes all the same is dropped beyond this, bytes: clients that take over from each other at a full
/// terminal bring a read each.
const MOST_WAITING: usize = 1024 * 1024;

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
        let room = MOST_WAITING.saturating_sub(self.waiting.len() - self.written);
        self.waiting.extend_from_slice(&rest[..rest.len().min(room)]);
    }

    /// There is room again.
    pub fn flush(&mut self, terminal: BorrowedFd<'_>) {
        let left = write_some(terminal, &self.waiting[self.written..]).len();
        self.written = self.waiting.len() - left;
        if left == 0 {
            *self = Self::default();
        } else if self.written >= MAX_WAITING {
            // What is written is let go before all is, or a paste without end would grow the buffer without end.
            self.waiting.drain(..self.written);
            self.written = 0;
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

#[cfg(test)]
mod tests {
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn what_a_program_does_not_read_is_bounded_and_in_order() {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        ours.set_nonblocking(true).expect("non-blocking");
        theirs.set_nonblocking(true).expect("non-blocking");
        let (ours, theirs) = (OwnedFd::from(ours), OwnedFd::from(theirs));
        let mut input = Input::default();
        let mut given = 0u32;
        let mut read: Vec<u8> = Vec::new();
        for _ in 0..200 {
            while !input.is_full() {
                let piece: Vec<u8> = (given..given + 4096).flat_map(u32::to_le_bytes).collect();
                given += 4096;
                input.write(ours.as_fd(), &piece);
            }
            assert!(input.waiting.capacity() <= 4 * MOST_WAITING);
            let mut buffer = [0; 50_000];
            let count = sys::read(theirs.as_fd(), &mut buffer).expect("bytes");
            read.extend_from_slice(&buffer[..count]);
            input.flush(ours.as_fd());
        }
        let numbers = read.chunks_exact(4).map(|four| u32::from_le_bytes(four.try_into().expect("four")));
        assert!(numbers.enumerate().all(|(at, number)| at as u32 == number));
        for _ in 0..1000 {
            input.write(ours.as_fd(), &[0; 16 * 1024]);
        }
        assert!(input.waiting.len() - input.written <= MOST_WAITING);
    }
}
