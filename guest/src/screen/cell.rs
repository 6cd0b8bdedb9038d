//! One cell of the screen and the colours and attributes it carries, packed as xterm.js packs them.
//!
//! What few cells have (underline colours, links, combining marks) is kept beside the grid, in
//! [`super::extras`], and a cell holds its number.

/// Colour kinds, in bits 24–25 of `fg`, `bg` and underline colours.
pub(super) const COLOR_KIND: u32 = 3 << 24;
/// One of the 16 colours that have SGR numbers of their own.
pub(super) const COLOR_16: u32 = 1 << 24;
/// One of the 256 palette colours.
pub(super) const COLOR_256: u32 = 2 << 24;
/// 24 bits of red, green and blue.
pub(super) const COLOR_RGB: u32 = 3 << 24;
/// Kind and value together.
pub(super) const COLOR: u32 = 0x03ff_ffff;

/// Attributes above the colour in `fg`.
pub(super) const INVERSE: u32 = 1 << 26;
pub(super) const BOLD: u32 = 1 << 27;
pub(super) const BLINK: u32 = 1 << 29;
pub(super) const INVISIBLE: u32 = 1 << 30;
pub(super) const STRIKE: u32 = 1 << 31;
/// Attributes above the colour in `bg`.
pub(super) const ITALIC: u32 = 1 << 26;
pub(super) const DIM: u32 = 1 << 27;
pub(super) const PROTECTED: u32 = 1 << 29;
pub(super) const OVERLINE: u32 = 1 << 30;

/// Underline style, bits 29–31 of `ext`: 0 none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed.
pub(super) const UNDERLINE_SHIFT: u32 = 29;
/// The number of an entry in the table of extras, the other bits of `ext`; 0 is none.
pub(super) const EXTRA: u32 = (1 << UNDERLINE_SHIFT) - 1;

const CODE: u32 = 0x001f_ffff;
const COMBINED: u32 = 1 << 21;
const WIDE: u32 = 1 << 22;
const TAIL: u32 = 1 << 23;

/// How what is written next looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pen {
    pub fg: u32,
    pub bg: u32,
    pub ext: u32,
}

impl Pen {
    pub const DEFAULT: Self = Self { fg: 0, bg: 0, ext: 0 };

    /// What an erased cell keeps of the pen: the background colour.
    pub fn erase(self) -> Self {
        Self { fg: 0, bg: self.bg & COLOR, ext: 0 }
    }

    pub fn underline(self) -> u32 {
        self.ext >> UNDERLINE_SHIFT
    }

    pub fn set_underline(&mut self, style: u32) {
        self.ext = (self.ext & EXTRA) | (style << UNDERLINE_SHIFT);
    }

    pub fn extra(self) -> u32 {
        self.ext & EXTRA
    }

    pub fn set_extra(&mut self, number: u32) {
        self.ext = (self.ext & !EXTRA) | (number & EXTRA);
    }

    /// Whether an empty cell with this pen shows nothing but a background colour.
    pub fn is_background(self) -> bool {
        self.fg == 0 && self.ext == 0 && self.bg & !COLOR == 0
    }
}

/// A cell. All zero is an empty one in default colours, so that clearing a row is filling it with
/// zeroes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub(super) struct Cell {
    content: u32,
    pub pen: Pen,
}

impl Cell {
    /// An erased cell.
    pub fn empty(pen: Pen) -> Self {
        Self { content: 0, pen }
    }

    /// What is left of half a wide character: an empty cell, or under a pen with more than a background a space. That looks
    /// the same as an empty cell there, which a snapshot could make in the last column only.
    pub fn remnant(pen: Pen) -> Self {
        if pen.is_background() { Self::empty(pen) } else { Self::ascii(b' ', pen) }
    }

    /// A character one column wide.
    pub fn narrow(c: char, pen: Pen) -> Self {
        Self { content: c as u32, pen }
    }

    /// An ASCII character.
    pub fn ascii(byte: u8, pen: Pen) -> Self {
        Self { content: byte as u32, pen }
    }

    /// The first half of a character two columns wide; a [`tail`](Self::tail) follows.
    pub fn wide(c: char, pen: Pen) -> Self {
        Self { content: c as u32 | WIDE, pen }
    }

    /// The second half of a wide character.
    pub fn tail(pen: Pen) -> Self {
        Self { content: TAIL, pen }
    }

    /// The same cell with a cluster (a base character and its marks) as its content.
    pub fn with_cluster(self, number: u32) -> Self {
        Self { content: (self.content & WIDE) | COMBINED | (number & CODE), pen: self.pen }
    }

    /// The byte of a cell that holds one printable ASCII character, else 0.
    pub fn ascii_byte(self) -> u8 {
        if self.content < 0x80 { self.content as u8 } else { 0 }
    }

    pub fn is_empty(self) -> bool {
        self.content == 0
    }

    /// Whether it is empty under a pen with more than a background, as a wide character that did not fit leaves the last
    /// column. It is in no other; see [`remnant`](Self::remnant).
    pub fn is_styled_gap(self) -> bool {
        self.is_empty() && !self.pen.is_background()
    }

    pub fn is_wide(self) -> bool {
        self.content & WIDE != 0
    }

    pub fn is_tail(self) -> bool {
        self.content & TAIL != 0
    }

    /// The number of the cluster the cell holds, if it is one.
    pub fn cluster(self) -> Option<u32> {
        (self.content & COMBINED != 0).then_some(self.content & CODE)
    }

    /// The single character the cell holds; `None` for empty cells, tails and clusters.
    pub fn char(self) -> Option<char> {
        if self.content & (COMBINED | TAIL) != 0 || self.content & CODE == 0 {
            return None;
        }
        char::from_u32(self.content & CODE)
    }
}
