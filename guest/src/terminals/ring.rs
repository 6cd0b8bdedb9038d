//! The last bytes that a terminal's programs wrote, by their offset from the stream's start.
//!
//! Grows as bytes come, up to [`RING_BYTES`]; then the oldest go. Bytes are read from the PTY
//! straight into it and sent from it, so it is the only place that they are copied to.

use protocol::frame::RING_BYTES;

/// A power of two, as every later size is, so that an offset becomes an index by a mask. Small,
/// because most terminals write little.
const FIRST_BYTES: usize = 16 * 1024;

/// See the module. Holds the bytes from `start` to `end`.
#[derive(Default)]
pub struct Ring {
    buffer: Vec<u8>,
    start: u64,
    end: u64,
}

impl Ring {
    /// The offset of the oldest byte that is still there.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The offset of the next byte to come: how many there have been.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Room for up to `wanted` bytes, at least one; may be less than wanted. What is written to it
    /// counts once [`Self::commit`] says so; nothing may be read in between.
    pub fn space(&mut self, wanted: usize) -> &mut [u8] {
        let held = as_index(self.end - self.start);
        if self.buffer.len() < RING_BYTES && held + wanted > self.buffer.len() {
            self.grow(held + wanted);
        }
        let from = self.index(self.end);
        let until = self.buffer.len().min(from + wanted.max(1));
        &mut self.buffer[from..until]
    }

    /// The first `count` bytes of the space have been written.
    pub fn commit(&mut self, count: usize) {
        self.end += count as u64;
        self.start = self.start.max(self.end.saturating_sub(self.buffer.len() as u64));
    }

    /// The bytes `from..until`, in two pieces where they wrap. The range must be held.
    #[must_use]
    pub fn slices(&self, from: u64, until: u64) -> (&[u8], &[u8]) {
        debug_assert!(self.start <= from && from <= until && until <= self.end, "a range that is held");
        let length = as_index(until - from);
        if length == 0 {
            return (&[], &[]);
        }
        let first = self.index(from);
        let straight = length.min(self.buffer.len() - first);
        (&self.buffer[first..first + straight], &self.buffer[..length - straight])
    }

    fn grow(&mut self, wanted: usize) {
        let size = wanted.next_power_of_two().clamp(FIRST_BYTES, RING_BYTES);
        let mut larger = vec![0; size];
        let (a, b) = self.slices(self.start, self.end);
        let mut offset = self.start;
        for part in [a, b] {
            for piece in part.chunks(FIRST_BYTES) {
                let at = as_index(offset) & (size - 1);
                let straight = piece.len().min(size - at);
                larger[at..at + straight].copy_from_slice(&piece[..straight]);
                larger[..piece.len() - straight].copy_from_slice(&piece[straight..]);
                offset += piece.len() as u64;
            }
        }
        self.buffer = larger;
    }

    fn index(&self, offset: u64) -> usize {
        as_index(offset) & (self.buffer.len() - 1)
    }
}

/// Only the low bits count, or the value is known to be small.
#[allow(clippy::cast_possible_truncation)]
fn as_index(offset: u64) -> usize {
    offset as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn byte(offset: u64) -> u8 {
        (offset % 251) as u8
    }

    #[test]
    fn every_held_byte_is_found_by_its_offset_while_it_grows_and_wraps() {
        let mut ring = Ring::default();
        let mut step = 1;
        while ring.end() < 5 * RING_BYTES as u64 {
            let end = ring.end();
            let space = ring.space(step);
            for (at, slot) in space.iter_mut().enumerate() {
                *slot = byte(end + at as u64);
            }
            let written = space.len();
            ring.commit(written);
            step = (step * 7 + 3) % 70_000;
            if ring.end() % 3 == 0 {
                let (a, b) = ring.slices(ring.start(), ring.end());
                let held = a.iter().chain(b).enumerate();
                assert!(held.into_iter().all(|(at, found)| *found == byte(ring.start() + at as u64)));
            }
        }
        assert_eq!(ring.end() - ring.start(), RING_BYTES as u64);
    }

    #[test]
    fn an_unused_ring_holds_no_memory() {
        assert_eq!(Ring::default().buffer.capacity(), 0);
    }

    #[test]
    fn nothing_falls_off_before_the_ring_is_full() {
        let mut ring = Ring::default();
        while ring.end() < RING_BYTES as u64 {
            let wanted = 4095.min(RING_BYTES - ring.end() as usize);
            let got = ring.space(wanted).len();
            ring.commit(got);
        }
        assert_eq!(ring.start(), 0);
    }
}
