//! Character sets that replace some of ASCII: DEC's line drawing and the British one.
//!
//! The other national sets that xterm.js knows are taken for ASCII; nothing has used them since UTF-8.

/// What a G-set holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Charset {
    #[default]
    Ascii,
    LineDrawing,
    British,
}

impl Charset {
    /// The set that the final byte of an `ESC ( …` names; `None` if xterm.js knows none by it.
    pub fn named(last: u8) -> Option<Self> {
        match last {
            b'0' => Some(Self::LineDrawing),
            b'A' => Some(Self::British),
            b'B' | b'4' | b'C' | b'5' | b'R' | b'Q' | b'K' | b'Y' | b'E' | b'6' | b'Z' | b'H' | b'7' | b'=' => {
                Some(Self::Ascii)
            }
            _ => None,
        }
    }

    /// The final byte that names the set.
    pub fn name(self) -> u8 {
        match self {
            Self::Ascii => b'B',
            Self::LineDrawing => b'0',
            Self::British => b'A',
        }
    }

    /// What `byte` shows as.
    pub fn map(self, byte: u8) -> char {
        match self {
            Self::LineDrawing => match byte {
                b'`'..=b'~' => LINE_DRAWING[usize::from(byte - b'`')],
                _ => char::from(byte),
            },
            Self::British if byte == b'#' => '£',
            _ => char::from(byte),
        }
    }
}

/// What `` ` `` to `~` show as in DEC's special graphics set (VT100 user guide, table 3-9).
const LINE_DRAWING: [char; 31] = [
    '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─', '⎼', '⎽', '├', '┤', '┴',
    '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];
