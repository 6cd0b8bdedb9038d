//! Lines that have left the screen, kept as text with style changes instead of cells.
//!
//! A cell is 16 bytes; a line of output is seldom more than its text and a dozen bytes of style, so
//! ten thousand lines take one or two megabytes instead of twenty. Lines sit in chunks, oldest first,
//! and the oldest go when there are too many lines or too many bytes. A line keeps the width it was
//! written at; who reads one from before the last change of columns wraps it anew (see
//! [`super::resize`]).

mod codec;

use std::collections::VecDeque;

use super::cell::{Cell, Pen};
use super::extras::Extras;
use super::grid::Row;

/// The most bytes kept for one terminal. Reached only by lines that are styled cell by cell; plain
/// and compiler-coloured text of 10,000 lines takes one or two million.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// The longest change of a pen but for its link, two colours and an underline's of 24 bits, bytes.
const PEN_BYTES: usize = 72;
/// What a line costs though it is empty, bytes.
const LINE_BYTES: usize = 2;
/// Bytes in a chunk. Whole chunks are given back once their lines have gone.
const CHUNK_BYTES: usize = 64 * 1024;

/// Flag of a stored line: it continues the one before.
const WRAPPED: u16 = 1 << 15;

#[derive(Debug, Default)]
struct Chunk {
    bytes: Vec<u8>,
    /// Where each line ends in `bytes`, and its width in cells with [`WRAPPED`].
    lines: Vec<(u32, u16)>,
    /// How many lines at the front have gone.
    gone: usize,
}

impl Chunk {
    fn start(&self, line: usize) -> usize {
        if line == 0 { 0 } else { self.lines[line - 1].0 as usize }
    }
}

/// The deque of lines.
#[derive(Debug)]
pub(super) struct Scrollback {
    chunks: VecDeque<Chunk>,
    /// An empty chunk to use again, so that a flood allocates nothing.
    spare: Option<Chunk>,
    lines: usize,
    bytes: usize,
    max_lines: usize,
    /// How many of the oldest lines are from before the last change of columns. Where they end a line of output ends.
    outdated: usize,
}

impl Scrollback {
    pub fn new(max_lines: usize) -> Self {
        Self { chunks: VecDeque::new(), spare: None, lines: 0, bytes: 0, max_lines, outdated: 0 }
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines
    }

    /// How many lines there may be.
    pub fn max_lines(&self) -> usize {
        self.max_lines
    }

    /// How many of the oldest lines must be wrapped anew to be read.
    pub fn outdated(&self) -> usize {
        self.outdated
    }

    /// Whether the newest line must be wrapped anew to be read.
    pub fn is_newest_outdated(&self) -> bool {
        self.lines > 0 && self.outdated == self.lines
    }

    /// The columns of the screen change: every line must be wrapped anew to be read.
    pub fn outdate(&mut self) {
        self.outdated = self.lines;
    }

    pub fn clear(&mut self) {
        *self = Self::new(self.max_lines);
    }

    /// Adds the line that leaves the screen, dropping the oldest when full.
    pub fn push(&mut self, row: &Row, extras: &Extras) {
        if self.max_lines == 0 {
            return;
        }
        if self.chunks.back().is_none_or(|chunk| chunk.bytes.len() >= CHUNK_BYTES) {
            let chunk = self.spare.take().unwrap_or_default();
            self.chunks.push_back(chunk);
        }
        let Some(chunk) = self.chunks.back_mut() else { return };
        let before = chunk.bytes.len();
        codec::encode(row.used(), extras, &mut chunk.bytes);
        let width = row.width() as u16 | if row.wrapped { WRAPPED } else { 0 };
        chunk.lines.push((chunk.bytes.len() as u32, width));
        self.bytes += chunk.bytes.len() - before;
        self.lines += 1;
        while self.lines > self.max_lines || (self.bytes > MAX_BYTES && self.lines > 1) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(chunk) = self.chunks.front_mut() else { return };
        self.bytes -= chunk.start(chunk.gone + 1) - chunk.start(chunk.gone);
        self.lines -= 1;
        self.outdated = self.outdated.saturating_sub(1);
        chunk.gone += 1;
        if chunk.gone == chunk.lines.len()
            && let Some(mut chunk) = self.chunks.pop_front()
        {
            chunk.bytes.clear();
            chunk.lines.clear();
            chunk.gone = 0;
            // One long line may have made it large.
            if chunk.bytes.capacity() <= 2 * CHUNK_BYTES {
                self.spare = Some(chunk);
            }
        }
    }

    /// Takes the newest line back.
    pub fn pop(&mut self, extras: &mut Extras) -> Option<Row> {
        let chunk = self.chunks.back_mut()?;
        let row = Self::read(chunk, chunk.lines.len() - 1, extras);
        let end = chunk.bytes.len();
        chunk.lines.pop();
        let start = chunk.start(chunk.lines.len());
        chunk.bytes.truncate(start);
        self.bytes -= end - start;
        self.lines -= 1;
        self.outdated = self.outdated.min(self.lines);
        if chunk.gone == chunk.lines.len() {
            self.chunks.pop_back();
        }
        Some(row)
    }

    /// The newest `count` lines, oldest first, or as many of them as about `budget` bytes write;
    /// `extras` receives what their cells refer to.
    pub fn newest(&self, count: usize, budget: usize, extras: &mut Extras) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut cost = 0;
        let newest_first = self.chunks.iter().rev().flat_map(|chunk| {
            let lines = (chunk.gone..chunk.lines.len()).rev();
            lines.map(move |line| (chunk, line))
        });
        for (chunk, line) in newest_first.take(count) {
            let row = Self::read(chunk, line, extras);
            cost += Self::cost(&row, extras);
            if cost > budget {
                break;
            }
            rows.push(row);
        }
        rows.reverse();
        rows
    }

    /// About how many bytes write `row`: its characters, each change of pen at its longest, and links.
    fn cost(row: &Row, extras: &Extras) -> usize {
        let mut last = Pen::DEFAULT;
        let of_cell = |cell: &Cell| {
            if cell.pen == last {
                return 2;
            }
            last = cell.pen;
            let link = extras.get(cell.pen).link.map_or(0, |link| link.len());
            PEN_BYTES + link
        };
        LINE_BYTES + row.used().iter().map(of_cell).sum::<usize>()
    }

    fn read(chunk: &Chunk, line: usize, extras: &mut Extras) -> Row {
        let (end, width) = chunk.lines[line];
        let bytes = &chunk.bytes[chunk.start(line)..end as usize];
        let mut row = Row::new(usize::from(width & !WRAPPED), width & WRAPPED != 0);
        codec::decode(bytes, extras, &mut row);
        row
    }
}
