//! A row's cells as bytes: UTF-8, with the control characters, which no cell can hold, as marks.

use std::sync::Arc;

use crate::screen::cell::{Cell, Pen};
use crate::screen::extras::{Extra, Extras, Link};
use crate::screen::grid::Row;
use crate::screen::width;

/// The pen changes: a byte of what is not zero, then those parts.
const PEN: u8 = 1;
/// Empty cells, how many as a [`number`].
const EMPTY: u8 = 2;
/// The next character is a mark that stands in a cell of its own, joined to nothing.
const LONE: u8 = 3;
/// A half of a wide character whose other half is gone.
const TAIL: u8 = 4;

const FG: u8 = 1;
const BG: u8 = 2;
const UNDERLINE: u8 = 4;
const UNDERLINE_COLOR: u8 = 8;
const LINK: u8 = 16;

/// Appends `cells`.
pub(super) fn encode(cells: &[Cell], extras: &Extras, out: &mut Vec<u8>) {
    let mut pen = Pen::DEFAULT;
    let mut rest = cells;
    while let Some(cell) = rest.first() {
        if cell.pen != pen {
            pen = cell.pen;
            encode_pen(pen, extras, out);
        }
        // The common case first: a run of ASCII in one style.
        let ascii = rest.iter().take_while(|cell| cell.pen == pen && cell.ascii_byte() != 0).count();
        if ascii > 0 {
            out.extend(rest[..ascii].iter().map(|cell| cell.ascii_byte()));
            rest = &rest[ascii..];
            continue;
        }
        let empty = rest.iter().take_while(|cell| cell.pen == pen && cell.is_empty()).count();
        if empty > 0 {
            out.push(EMPTY);
            number(empty, out);
            rest = &rest[empty..];
            continue;
        }
        let wide = cell.is_wide() && rest.get(1).is_some_and(|next| next.is_tail());
        if let Some(cluster) = cell.cluster() {
            for c in extras.cluster(cluster) {
                push(*c, out);
            }
        } else if let Some(c) = cell.char() {
            if width::of(c) == 0 {
                out.push(LONE);
            }
            push(c, out);
        } else {
            out.push(TAIL);
        }
        rest = &rest[if wide { 2 } else { 1 }..];
    }
}

fn push(c: char, out: &mut Vec<u8>) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn encode_pen(pen: Pen, extras: &Extras, out: &mut Vec<u8>) {
    let at = out.len() + 1;
    out.extend_from_slice(&[PEN, 0]);
    let mut parts = 0;
    if pen.fg != 0 {
        parts |= FG;
        out.extend_from_slice(&pen.fg.to_le_bytes());
    }
    if pen.bg != 0 {
        parts |= BG;
        out.extend_from_slice(&pen.bg.to_le_bytes());
    }
    if pen.ext != 0 {
        let extra = extras.get(pen);
        if pen.underline() != 0 {
            parts |= UNDERLINE;
            out.push(pen.underline() as u8);
        }
        if extra.underline_color != 0 {
            parts |= UNDERLINE_COLOR;
            out.extend_from_slice(&extra.underline_color.to_le_bytes());
        }
        if let Some(link) = &extra.link {
            parts |= LINK;
            for text in [&link.id, &link.uri] {
                number(text.len(), out);
                out.extend_from_slice(text.as_bytes());
            }
        }
    }
    out[at] = parts;
}

/// Seven bits a byte, lowest first, the top bit set while more follow.
fn number(mut n: usize, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Fills `row` with what [`encode`] wrote.
pub(super) fn decode(bytes: &[u8], extras: &mut Extras, row: &mut Row) {
    let mut reader = Reader { bytes };
    let mut pen = Pen::DEFAULT;
    let mut at = 0;
    // Whether the next character of width 0 belongs to the cell before.
    let mut joins = false;
    while let Some(&byte) = reader.bytes.first() {
        match byte {
            PEN => {
                reader.skip(1);
                pen = decode_pen(&mut reader, extras);
                joins = false;
            }
            EMPTY => {
                reader.skip(1);
                let count = reader.number();
                row.fill(at, at + count, Cell::empty(pen));
                at += count;
                joins = false;
            }
            TAIL => {
                reader.skip(1);
                row.set(at, Cell::tail(pen));
                at += 1;
                joins = false;
            }
            LONE => {
                reader.skip(1);
                let Some(c) = reader.char() else { return };
                row.set(at, Cell::narrow(c, pen));
                at += 1;
                joins = false;
            }
            _ => {
                let Some(c) = reader.char() else { return };
                match width::of(c) {
                    0 if joins && at > 0 => {
                        let base = if row.get(at - 1).is_tail() { at - 2 } else { at - 1 };
                        row.set(base, extras.add_mark(row.get(base), c));
                        continue;
                    }
                    2 => {
                        row.set(at, Cell::wide(c, pen));
                        row.set(at + 1, Cell::tail(pen));
                        at += 2;
                    }
                    _ => {
                        row.set(at, Cell::narrow(c, pen));
                        at += 1;
                    }
                }
                joins = true;
            }
        }
    }
}

fn decode_pen(reader: &mut Reader<'_>, extras: &mut Extras) -> Pen {
    let parts = reader.byte();
    let mut pen = Pen::DEFAULT;
    let mut extra = Extra::default();
    if parts & FG != 0 {
        pen.fg = reader.word();
    }
    if parts & BG != 0 {
        pen.bg = reader.word();
    }
    if parts & UNDERLINE != 0 {
        pen.set_underline(u32::from(reader.byte()));
    }
    if parts & UNDERLINE_COLOR != 0 {
        extra.underline_color = reader.word();
    }
    if parts & LINK != 0 {
        let (id, uri) = (reader.text(), reader.text());
        extra.link = Some(Arc::new(Link { id, uri }));
    }
    pen.set_extra(extras.number(extra));
    pen
}

/// Reads what this module wrote; past the end it reads zeroes.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn skip(&mut self, count: usize) {
        self.bytes = self.bytes.get(count..).unwrap_or_default();
    }

    fn byte(&mut self) -> u8 {
        let byte = self.bytes.first().copied().unwrap_or_default();
        self.skip(1);
        byte
    }

    fn word(&mut self) -> u32 {
        u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    fn number(&mut self) -> usize {
        let mut n = 0;
        for shift in (0..28).step_by(7) {
            let byte = self.byte();
            n |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        n
    }

    fn text(&mut self) -> String {
        let length = self.number();
        let text = self.bytes.get(..length).unwrap_or_default();
        let text = String::from_utf8_lossy(text).into_owned();
        self.skip(length);
        text
    }

    fn char(&mut self) -> Option<char> {
        let length = match *self.bytes.first()? {
            0..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        };
        let c = std::str::from_utf8(self.bytes.get(..length)?).ok()?.chars().next();
        self.skip(length);
        c
    }
}
