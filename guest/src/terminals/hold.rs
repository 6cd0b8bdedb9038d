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

const PREFIX: &[u8] = b"\x1b[?";
const MODE: &[u8] = b"2026";
/// The longest list of modes looked into, bytes with what surrounds it: no program sets more at once.
const MAX_SEQUENCE: usize = 64;

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
        let mut from = 0;
        if !self.carry.is_empty() {
            let carried = self.carry.len();
            let mut joint = std::mem::take(&mut self.carry);
            joint.extend_from_slice(&chunk[..chunk.len().min(MAX_SEQUENCE)]);
            match Sequence::read(&joint) {
                Sequence::Mode { len, last } => {
                    self.act(offset.saturating_sub(carried as u64), last);
                    from = len.saturating_sub(carried);
                }
                Sequence::Unfinished if carried + chunk.len() < MAX_SEQUENCE => {
                    self.carry = joint;
                    return;
                }
                Sequence::Unfinished | Sequence::Other => {}
            }
        }
        // Nearly all output has none of these, and is gone through once at memory's speed.
        for at in memmem::find_iter(&chunk[from..], PREFIX).map(|at| from + at) {
            if let Sequence::Mode { last, .. } = Sequence::read(&chunk[at..]) {
                self.act(offset + at as u64, last);
            }
        }
        let tail = chunk.len() - chunk.len().min(MAX_SEQUENCE - 1);
        if let Some(found) = memchr::memrchr(PREFIX[0], &chunk[tail.max(from)..]) {
            let tail = &chunk[tail.max(from) + found..];
            if matches!(Sequence::read(tail), Sequence::Unfinished) {
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

/// What bytes that may begin with DECSET or DECRST are.
enum Sequence {
    /// One that has mode 2026 in its list: its length and its final byte.
    Mode { len: usize, last: u8 },
    /// Its end is not there yet.
    Unfinished,
    /// Anything else.
    Other,
}

impl Sequence {
    fn read(bytes: &[u8]) -> Self {
        let common = bytes.len().min(PREFIX.len());
        if bytes[..common] != PREFIX[..common] {
            return Self::Other;
        }
        let list = &bytes[common..bytes.len().min(MAX_SEQUENCE)];
        match list.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';')) {
            Some(end) if matches!(list[end], b'h' | b'l') => {
                let mut modes = list[..end].split(|byte| *byte == b';');
                let is_it = modes.any(|mode| mode == MODE);
                if is_it { Self::Mode { len: common + end + 1, last: list[end] } } else { Self::Other }
            }
            None if bytes.len() < MAX_SEQUENCE => Self::Unfinished,
            _ => Self::Other,
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
    fn the_mode_is_found_among_others_wherever_reads_cut_it() {
        for (stream, opens) in [
            ("\x1b[?25;2026hdraw", true),
            ("\x1b[?2026;25hdraw", true),
            ("\x1b[?1049;2026;25;1hdraw", true),
            ("\x1b[?12026hdraw", false),
            ("\x1b[?20261hdraw", false),
            ("\x1b[?2026$pdraw", false),
            ("\x1b[?25\x1b[?2026hdraw", true),
            ("\x1b[?2026hx\x1b[?25;2026ldraw", false),
        ] {
            let stream = stream.as_bytes();
            for cut in 0..=stream.len() {
                let mut hold = Hold::default();
                hold.scan(0, &stream[..cut]);
                hold.scan(cut as u64, &stream[cut..]);
                assert_eq!(hold.deadline().is_some(), opens, "{:?} {cut}", String::from_utf8_lossy(stream));
            }
            let mut hold = Hold::default();
            for (at, byte) in stream.iter().enumerate() {
                hold.scan(at as u64, &[*byte]);
            }
            assert_eq!(hold.deadline().is_some(), opens, "{:?}", String::from_utf8_lossy(stream));
        }
        let mut hold = Hold::default();
        hold.scan(0, format!("\x1b[?{}2026h", "1;".repeat(10_000)).as_bytes());
        hold.scan(90_000, b"\x1b[?");
        for at in 0..10_000 {
            hold.scan(90_003 + at, b"1");
        }
        assert!(hold.deadline().is_none() && hold.carry.len() <= MAX_SEQUENCE);
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
