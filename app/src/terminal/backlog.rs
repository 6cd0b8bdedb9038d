//! Output that a terminal has yet to parse, in pieces.

use std::collections::VecDeque;

use super::stream::{Chunk, Mark, RESET};

/// What waits, oldest first. At most one piece is under way.
#[derive(Debug, Default)]
pub struct Backlog {
    chunks: VecDeque<Waiting>,
    /// Bytes that wait or are under way.
    bytes: usize,
    /// Length of the piece under way.
    under_way: Option<usize>,
}

#[derive(Debug)]
struct Waiting {
    bytes: Vec<u8>,
    parsed: usize,
    mark: Option<Mark>,
}

impl Backlog {
    pub fn push(&mut self, chunk: Chunk<'_>) {
        let bytes = if chunk.reset { [RESET, chunk.bytes].concat() } else { chunk.bytes.to_vec() };
        self.bytes += bytes.len();
        self.chunks.push_back(Waiting { bytes, parsed: 0, mark: chunk.mark });
    }

    /// Bytes not parsed yet.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a piece was taken and is not parsed yet.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Whether a piece may be taken.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.under_way.is_none() && !self.chunks.is_empty()
    }

    /// The next piece, of at most `limit` bytes, which is under way from now on. It may end within
    /// a character or a sequence: xterm.js keeps the state of both between writes.
    pub fn take(&mut self, limit: usize) -> Option<&[u8]> {
        if self.under_way.is_some() {
            return None;
        }
        let chunk = self.chunks.front()?;
        let piece = &chunk.bytes[chunk.parsed..];
        let piece = &piece[..piece.len().min(limit)];
        self.under_way = Some(piece.len());
        Some(piece)
    }

    /// The piece under way is parsed: the place in the stream that this leads to, if it ended a chunk.
    pub fn parsed(&mut self) -> Option<Mark> {
        let length = self.under_way.take()?;
        self.bytes -= length;
        let chunk = self.chunks.front_mut()?;
        chunk.parsed += length;
        if chunk.parsed < chunk.bytes.len() {
            return None;
        }
        self.chunks.pop_front()?.mark
    }

    /// Forgets all: another screen takes over.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    fn chunk(bytes: &[u8], offset: u64) -> Chunk<'_> {
        Chunk { reset: false, bytes, mark: Some(Mark { generation: 0, offset, snapshot: false }) }
    }

    test_everywhere! {
        fn a_chunk_goes_in_pieces_and_is_marked_once_all_are_parsed() {
            let mut backlog = Backlog::default();
            backlog.push(chunk(b"abcde", 5));
            backlog.push(chunk(b"f", 6));
            assert_eq!(backlog.take(3), Some(&b"abc"[..]));
            assert!(!backlog.is_ready());
            assert_eq!(backlog.take(3), None);
            assert_eq!(backlog.parsed(), None);
            assert_eq!(backlog.take(3), Some(&b"de"[..]));
            assert_eq!(backlog.parsed().map(|mark| mark.offset), Some(5));
            assert_eq!(backlog.bytes(), 1);
            assert_eq!(backlog.take(3), Some(&b"f"[..]));
            assert_eq!(backlog.parsed().map(|mark| mark.offset), Some(6));
            assert!(!backlog.is_ready());
        }

        fn a_reset_goes_before_its_bytes_and_an_empty_chunk_is_still_marked() {
            let mut backlog = Backlog::default();
            backlog.push(Chunk { reset: true, ..chunk(b"x", 1) });
            assert_eq!(backlog.take(100), Some(&[RESET, b"x"].concat()[..]));
            backlog.parsed();
            backlog.push(chunk(b"", 1));
            assert_eq!(backlog.take(100), Some(&b""[..]));
            assert_eq!(backlog.parsed().map(|mark| mark.offset), Some(1));
        }

        fn what_is_parsed_after_all_was_forgotten_counts_for_nothing() {
            let mut backlog = Backlog::default();
            backlog.push(chunk(b"abc", 3));
            backlog.take(2);
            backlog.clear();
            backlog.push(chunk(b"x", 9));
            assert_eq!(backlog.parsed(), None);
            assert_eq!(backlog.bytes(), 1);
        }
    }
}
