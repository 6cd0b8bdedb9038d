//! Rows, pens and positions as sequences.

use crate::screen::cell::{
    BLINK, BOLD, COLOR_16, COLOR_256, COLOR_KIND, COLOR_RGB, Cell, DIM, INVERSE, INVISIBLE, ITALIC, OVERLINE,
    PROTECTED, Pen, STRIKE,
};
use crate::screen::charset::Charset;
use crate::screen::extras::{Extra, Extras};
use crate::screen::grid::Row;
use crate::screen::state::State;
use crate::screen::width;

/// Collects the bytes and remembers which pen they leave.
pub(in crate::screen) struct Writer {
    out: Vec<u8>,
    cols: usize,
    pen: Pen,
    extra: Extra,
    /// The last cell of the row before. If it holds a character, the next one would wrap.
    edge: Cell,
    edge_extra: Extra,
    /// Bytes of links.
    linked: usize,
}

/// A blank two columns wide.
const WIDE: &str = "\u{3000}";
/// Links are left out beyond this, bytes: each cell may have a long one of its own.
const MAX_LINKED: usize = 1024 * 1024;

impl Writer {
    pub fn new(cols: usize) -> Self {
        Self {
            out: Vec::new(),
            cols,
            pen: Pen::DEFAULT,
            extra: Extra::default(),
            edge: Cell::default(),
            edge_extra: Extra::default(),
            linked: 0,
        }
    }

    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    pub fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// After a switch of screens there is no row before.
    pub fn forget(&mut self) {
        self.edge = Cell::default();
    }

    /// Marks the first row of an empty screen of `height` rows as the continuation of one that has gone, by wrapping in
    /// the last row and scrolling that up. The cursor is in that first row then.
    pub fn continue_nothing(&mut self, height: usize) {
        self.text(&format!("\x1b[{height};{}H  \x1b[{}S\x1b[3J\x1b[H\x1b[X", self.cols, height - 1));
    }

    /// Moves the cursor, relative to the region in origin mode.
    pub fn position(&mut self, x: usize, y: usize) {
        self.text(&format!("\x1b[{};{}H", y + 1, x + 1));
    }

    pub fn charset(&mut self, level: usize, charset: Charset) {
        self.out.extend_from_slice(&[0x1b, b"()*+"[level], charset.name()]);
    }

    /// The four sets and the one in use, from a state in which all are ASCII.
    pub fn charsets(&mut self, state: &State) {
        for (level, charset) in state.sets.iter().enumerate() {
            if *charset != Charset::Ascii {
                self.charset(level, *charset);
            }
        }
        match state.level {
            0 => self.text("\x0f"),
            1 => self.text("\x0e"),
            2 => self.text("\x1bn"),
            _ => self.text("\x1bo"),
        }
        // Only DECRC sets one that is not of its level, and what it restored is still saved.
        if state.charset != state.sets[state.level] {
            let is_of_alternate = !state.is_alternate && state.normal.saved.charset != state.charset;
            self.text(if is_of_alternate { "\x1b[?47h\x1b8\x1b[?47l" } else { "\x1b8" });
            self.pen = Pen { fg: u32::MAX, ..Pen::DEFAULT };
        }
    }

    /// Writes what `pen` has beyond the pen of before: all of it, from a reset.
    pub fn pen(&mut self, pen: Pen, extras: &Extras) {
        self.whole_pen(pen, extras.get(pen));
    }

    fn whole_pen(&mut self, pen: Pen, mut extra: Extra) {
        if self.linked > MAX_LINKED {
            extra.link = None;
        }
        self.set_pen(pen, extra, true);
    }

    fn set_pen(&mut self, pen: Pen, extra: Extra, links: bool) {
        let same_style = pen.underline() == self.pen.underline() && extra.underline_color == self.extra.underline_color;
        if !(pen.fg == self.pen.fg && pen.bg == self.pen.bg && same_style) {
            self.graphics(pen, &extra);
        }
        if links && extra.link != self.extra.link {
            self.linked += extra.link.as_ref().map_or(0, |link| link.len());
            match &extra.link {
                Some(link) if link.id.is_empty() => self.text(&format!("\x1b]8;;{}\x1b\\", link.uri)),
                Some(link) => self.text(&format!("\x1b]8;id={};{}\x1b\\", link.id, link.uri)),
                None => self.text("\x1b]8;;\x1b\\"),
            }
        }
        self.pen = pen;
        // A link that was not written is not open.
        let link = if links { extra.link } else { self.extra.link.take() };
        self.extra = Extra { link, ..extra };
    }

    fn graphics(&mut self, pen: Pen, extra: &Extra) {
        let mut sgr = String::from("\x1b[");
        for (set, number) in [
            (pen.fg & BOLD, ";1"),
            (pen.bg & DIM, ";2"),
            (pen.bg & ITALIC, ";3"),
            (pen.fg & BLINK, ";5"),
            (pen.fg & INVERSE, ";7"),
            (pen.fg & INVISIBLE, ";8"),
            (pen.fg & STRIKE, ";9"),
            (pen.bg & OVERLINE, ";53"),
        ] {
            if set != 0 {
                sgr.push_str(number);
            }
        }
        match pen.underline() {
            0 => {}
            1 => sgr.push_str(";4"),
            style => sgr.push_str(&format!(";4:{style}")),
        }
        color(&mut sgr, pen.fg, 30);
        color(&mut sgr, pen.bg, 40);
        color(&mut sgr, extra.underline_color, 50);
        sgr.push('m');
        self.text(&sgr);
        // The reset took the protection with it.
        if pen.bg & PROTECTED != 0 {
            self.text("\x1b[1\"q");
        }
    }

    /// One row, on a line of its own if `follows`, continuing the one before if it is wrapped and may.
    pub fn row(&mut self, row: &Row, follows: bool, may_continue: bool, extras: &Extras) {
        let continues = row.wrapped && may_continue;
        if continues {
            self.wrap();
        } else if follows {
            self.pen(Pen::DEFAULT, extras);
            self.text("\r\n");
        }
        self.edge = row.get(self.cols - 1);
        self.edge_extra = extras.get(self.edge.pen);
        let mut cells = row.trimmed();
        if self.edge.is_styled_gap() {
            self.gap(extras);
            cells = &cells[..self.cols - 1];
        }
        self.cells(cells, continues, extras);
    }

    /// Leaves the last column empty in the pen of `edge`: as the second half of a wide character that loses its first.
    fn gap(&mut self, extras: &Extras) {
        self.text(&format!("\x1b[{}G{WIDE}\x1b[{}G", self.cols - 1, self.cols - 1));
        self.pen(self.edge.pen, extras);
        self.text(" \x1b[D");
        self.pen(Pen::DEFAULT, extras);
        self.text("\x1b[X\r");
    }

    /// Goes to the next row in the way that marks it as a continuation: by printing over the edge.
    fn wrap(&mut self) {
        if self.edge.is_styled_gap() {
            // What does not fit leaves just such a gap.
            self.whole_pen(self.edge.pen, self.edge_extra.clone());
            self.text(WIDE);
            self.whole_pen(Pen::DEFAULT, Extra::default());
            self.text(&format!("\r\x1b[{}X", self.cols));
            return;
        }
        if !self.edge.is_empty() {
            // In default colours, or the new row would be filled with them.
            self.set_pen(Pen::DEFAULT, Extra::default(), true);
            self.text(" \r");
            return;
        }
        self.set_pen(Pen::DEFAULT, Extra::default(), true);
        self.text(&format!("\x1b[{}G  \x1b[A\x1b[{}G", self.cols, self.cols));
        self.set_pen(self.edge.pen, Extra::default(), true);
        self.text("\x1b[X");
        self.set_pen(Pen::DEFAULT, Extra::default(), true);
        self.text("\x1b[B\r");
    }

    /// Cells from the first column on. `filled` if that column holds a blank to be taken away.
    fn cells(&mut self, cells: &[Cell], filled: bool, extras: &Extras) {
        if filled && cells.first().is_none_or(|cell| cell.is_empty()) {
            self.text("\x1b[X");
        }
        let mut at = 0;
        while let Some(cell) = cells.get(at).copied() {
            if cell.is_empty() {
                let count = cells[at..].iter().take_while(|next| **next == cell).count();
                self.empty(cell, count, extras);
                at += count;
                continue;
            }
            self.pen(cell.pen, extras);
            if cell.char().is_some_and(|c| width::of(c) == 0) {
                // A mark that joins nothing: any sequence keeps it apart.
                self.text(&format!("\x1b[{}G", at + 1));
            }
            self.content(cell, extras);
            at += if cell.is_wide() { 2 } else { 1 };
        }
    }

    /// `count` empty cells.
    fn empty(&mut self, cell: Cell, count: usize, extras: &Extras) {
        if cell.pen.bg != 0 {
            self.pen(cell.pen, extras);
            self.text(&format!("\x1b[{count}X"));
        }
        self.text(&format!("\x1b[{count}C"));
    }

    fn content(&mut self, cell: Cell, extras: &Extras) {
        let single = cell.char();
        let chars = match cell.cluster() {
            Some(number) => extras.cluster(number),
            None => single.as_slice(),
        };
        for c in chars {
            self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        // Half a wide character: its column is kept.
        if chars.is_empty() {
            self.out.push(b' ');
        }
    }

    /// Prints a cell where the cursor is, with its own pen.
    pub fn reprint(&mut self, cell: Cell, extras: &Extras) {
        self.pen(cell.pen, extras);
        self.content(cell, extras);
    }

    /// A row as text, with SGR if `ansi`, without moving anything.
    pub fn plain(&mut self, cells: &[Cell], ansi: bool, extras: &Extras) {
        for cell in cells.iter().filter(|cell| !cell.is_tail()) {
            if ansi {
                self.set_pen(cell.pen, extras.get(cell.pen), false);
            }
            self.content(*cell, extras);
        }
    }
}

fn color(sgr: &mut String, color: u32, base: u32) {
    let value = color & 0xff_ffff;
    match color & COLOR_KIND {
        COLOR_16 if value & 0xff < 8 => sgr.push_str(&format!(";{}", base + (value & 7))),
        COLOR_16 => sgr.push_str(&format!(";{}", base + 60 + (value & 7))),
        COLOR_256 => sgr.push_str(&format!(";{}:5:{}", base + 8, value & 0xff)),
        COLOR_RGB => {
            sgr.push_str(&format!(";{}:2::{}:{}:{}", base + 8, value >> 16, value >> 8 & 0xff, value & 0xff));
        }
        _ => {}
    }
}
