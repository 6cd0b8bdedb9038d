//! Synchronized output (DEC mode 2026): which bytes must wait so that an update is not cut in two.
//!
//! Looks for the mode's own sequences in the stream before the screen has seen it, because what is
//! not held leaves before the screen is run. Does not hold a program to its promise for ever: an
//! update longer than [`LIMIT_BYTES`] or [`LIMIT`] is let go.

use std::time::{Duration, Instant};

use memchr::memmem;

/// As long as the longest update held back, bytes: several full screens of coloured text.
pub const LIMIT_BYTES: u64 = 256 * 1024;
/// As long as an update may take. Terminals give it 150 ms by custom (the mode's first
/// specification, and Alacritty); a program that needs more has hung or died in the middle.
pub const LIMIT: Duration = Duration::from_millis(150);

const SEQUENCE: &[u8] = b"\x1b[?2026";

/// Where in an update the stream is.
#[derive(Default)]
pub struct Hold {
    /// Start of the update under way: its offset and when it came.
    open: Option<(u64, Instant)>,
    /// The beginning of a sequence that the last chunk ended in.
    carry: Vec<u8>,
}

impl Hold {
    /// Looks through `chunk`, which begins at `offset`.
    pub fn scan(&mut self, offset: u64, chunk: &[u8]) {
        if !self.carry.is_empty() {
            let carried = self.carry.len();
            let mut joint = std::mem::take(&mut self.carry);
            joint.extend_from_slice(&chunk[..chunk.len().min(SEQUENCE.len() + 1 - carried.min(SEQUENCE.len()))]);
            if joint.starts_with(SEQUENCE) && joint.len() > SEQUENCE.len() {
                self.act(offset.saturating_sub(carried as u64), joint[SEQUENCE.len()]);
            } else if joint.len() <= SEQUENCE.len() && SEQUENCE.starts_with(&joint) {
                self.carry = joint;
                return;
            }
        }
        for at in memmem::find_iter(chunk, SEQUENCE) {
            if let Some(last) = chunk.get(at + SEQUENCE.len()) {
                self.act(offset + at as u64, *last);
            }
        }
        let longest = SEQUENCE.len().min(chunk.len());
        if let Some(found) = memchr::memrchr(SEQUENCE[0], &chunk[chunk.len() - longest..]) {
            let tail = &chunk[chunk.len() - longest + found..];
            if SEQUENCE.starts_with(tail) {
                self.carry.extend_from_slice(tail);
            }
        }
    }

    /// The offset that may be sent up to, when `end` has been read.
    #[must_use]
    pub fn sendable(&self, end: u64) -> u64 {
        self.open.map_or(end, |(from, _)| from)
    }

    /// When the update under way is to be let go.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.open.map(|(_, since)| since + LIMIT)
    }

    /// Lets an update go that has become too long or too old.
    pub fn expire(&mut self, end: u64, now: Instant) {
        if self.open.is_some_and(|(from, since)| end - from >= LIMIT_BYTES || now >= since + LIMIT) {
            self.open = None;
        }
    }

    /// Lets go whatever is held.
    pub fn release(&mut self) {
        self.open = None;
    }

    fn act(&mut self, offset: u64, last: u8) {
        match last {
            b'h' if self.open.is_none() => self.open = Some((offset, Instant::now())),
            b'l' => self.open = None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_held_from_its_start_to_its_end_wherever_reads_cut_it() {
        let stream = b"ab\x1b[1mc\x1b[?2026hdraw\x1b[?2026lxy";
        for first in 0..stream.len() {
            for second in first..=stream.len() {
                let mut hold = Hold::default();
                let mut offset = 0;
                for part in [&stream[..first], &stream[first..second]] {
                    hold.scan(offset, part);
                    offset += part.len() as u64;
                }
                let inside = (15..27).contains(&second);
                assert_eq!(hold.sendable(offset), if inside { 7 } else { offset }, "{first} {second}");
                hold.scan(offset, &stream[second..]);
                assert_eq!(hold.sendable(stream.len() as u64), stream.len() as u64, "{first} {second}");
            }
        }
    }

    #[test]
    fn byte_by_byte_it_is_found_too() {
        let mut hold = Hold::default();
        for (offset, byte) in b"\x1b\x1b[\x1b[?2026h..".iter().enumerate() {
            hold.scan(offset as u64, &[*byte]);
        }
        assert_eq!(hold.sendable(99), 3);
    }

    #[test]
    fn an_update_that_never_ends_is_let_go() {
        let mut hold = Hold::default();
        hold.scan(5, b"\x1b[?2026h");
        let now = Instant::now();
        hold.expire(100, now);
        assert_eq!(hold.sendable(100), 5);
        hold.expire(5 + LIMIT_BYTES, now);
        assert_eq!(hold.sendable(5 + LIMIT_BYTES), 5 + LIMIT_BYTES);
        hold.scan(9, b"\x1b[?2026h");
        hold.expire(100, now + LIMIT * 2);
        assert_eq!(hold.sendable(100), 100);
    }
}
