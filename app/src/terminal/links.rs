//! Finds web addresses on a terminal's screen, also those that a program broke across rows:
//! at the full width, indented, or within a box's borders.
//!
//! Wrong links are worse than none: what could be the next word is not joined. A row is looked at
//! a few times at most, and only so many cells of so many rows, whatever a program prints.

/// How many rows a program may have broken an address into. More are not joined.
pub const MAX_BROKEN_ROWS: usize = 10;
/// How many rows to either side are worth reading: a narrow phone wraps a long sign-in address
/// more often than a program breaks it.
pub const MAX_ROWS_AROUND: usize = 32;
/// The longest address, characters. Browsers and servers stop at about as many.
const MAX_LENGTH: usize = 8_192;
/// How much of an address is told, characters. The end of a longer one says nothing to anybody.
const MAX_TOLD: usize = 400;
/// The most cells of a row that are looked at: the wire's widest terminal has as many.
const MAX_CELLS: usize = 1_000;
/// How far from the edge a broken row may end, cells: full-screen programs leave a margin.
const MARGIN: u16 = 4;
/// How much deeper than its first row a continuation may be indented, cells.
const MAX_INDENT: u16 = 8;

/// A row of the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Its characters, each with the column where it stands. Cells never written to are left out.
    pub characters: Vec<(char, u16)>,
    /// Whether it goes on the row before it, which was full.
    pub wrapped: bool,
}

impl Row {
    /// A row in which each character takes one cell.
    #[must_use]
    pub fn of(text: &str, wrapped: bool) -> Self {
        Self { characters: text.chars().take(MAX_CELLS).zip(0..).collect(), wrapped }
    }
}

/// A part of an address that stands in one row: its columns, the last one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub row: usize,
    pub first: u16,
    pub last: u16,
}

/// An address on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub url: String,
    /// Where it stands, from above.
    pub parts: Vec<Part>,
    /// Whether only the terminal broke it, so that it is one stretch of cells.
    pub in_one_stretch: bool,
}

/// The addresses in `rows` of a terminal `width` cells wide, in order.
#[must_use]
pub fn find(rows: &[Row], width: u16) -> Vec<Link> {
    let lines: Vec<Line<'_>> = rows.iter().map(Line::of).collect();
    let mut found = Vec::new();
    // Where the search goes on, behind the last address.
    let (mut from_row, mut from) = (0, 0);
    for row in 0..lines.len() {
        while let Some(start) = lines[row].address(if row == from_row { from } else { 0 }) {
            if row < from_row {
                break;
            }
            let run = Run::from(&lines, row, start, width);
            (from_row, from) = run.end;
            found.extend(run.link());
            if from_row > row {
                break;
            }
        }
    }
    found
}

/// The host that an address leads to, with its port: what comes before an `@` is a name, and may
/// look like a host to deceive.
#[must_use]
pub fn host(url: &str) -> Option<&str> {
    let rest = &url[scheme(url)?..];
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next()?;
    host.chars().any(char::is_alphanumeric).then_some(host)
}

/// As much of an address as is told.
#[must_use]
pub fn told(url: &str) -> String {
    let mut characters = url.chars();
    let mut told: String = characters.by_ref().take(MAX_TOLD).collect();
    if characters.next().is_some() {
        told.push('…');
    }
    told
}

/// Whether `url` is one that may be opened: http or https, with a host, and nothing in it that is
/// not seen or not seen where it stands.
#[must_use]
pub fn may_open(url: &str) -> bool {
    host(url).is_some() && url.chars().all(|c| !c.is_control() && !c.is_whitespace() && !is_deceptive(c))
}

/// The length of `http://` or `https://`, if `text` begins with it.
fn scheme(text: &str) -> Option<usize> {
    ["http://", "https://"].iter().find_map(|scheme| {
        text.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme)).map(|_| scheme.len())
    })
}

/// What is invisible, or changes the order of what is around it.
pub(super) fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// An apostrophe is none: it ends an address in a program's text far more often than it is in one.
fn is_address_character(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&()*+,;=%".contains(&(c as u8))
    } else {
        c.is_alphanumeric() && !is_deceptive(c)
    }
}

fn is_border(c: char) -> bool {
    matches!(c, '|' | '│' | '┃' | '║' | '┆' | '┇' | '┊' | '┋' | '╎' | '╏' | '▏' | '▎' | '▌' | '▐' | '▕')
}

/// A row without its borders and the blanks about its text.
struct Line<'a> {
    text: &'a [(char, u16)],
    wrapped: bool,
    /// The columns of the borders that it stands between.
    left: Option<u16>,
    right: Option<u16>,
}

impl<'a> Line<'a> {
    fn of(row: &'a Row) -> Self {
        let all = &row.characters[..row.characters.len().min(MAX_CELLS)];
        let mut text = trim(all);
        let (mut left, mut right) = (None, None);
        if let Some(((border, column), rest)) = text.split_first().filter(|((c, _), _)| is_border(*c)) {
            // A row of `|` alone has one border.
            left = Some(*column);
            text = trim(rest);
            if let Some(((end, column), rest)) = text.split_last().filter(|((c, _), _)| is_border(*c)) {
                debug_assert!(is_border(*border) && is_border(*end));
                right = Some(*column);
                text = trim(rest);
            }
        }
        Self { text, wrapped: row.wrapped, left, right }
    }

    /// Where the first address at or after `from` begins.
    fn address(&self, from: usize) -> Option<usize> {
        (from..self.text.len()).find(|&at| self.begins(at))
    }

    fn begins(&self, at: usize) -> bool {
        let rest = &self.text[at..];
        let is = |scheme: &str| {
            rest.len() > scheme.len() && scheme.chars().zip(rest).all(|(s, (c, _))| s == c.to_ascii_lowercase())
        };
        let before = at.checked_sub(1).map(|before| self.text[before].0);
        rest[0].0.eq_ignore_ascii_case(&'h')
            && (is("http://") || is("https://"))
            && !before.is_some_and(|c| c.is_alphanumeric() || is_deceptive(c))
    }

    /// Behind the last character that may belong to an address that has `from`.
    fn end_of_run(&self, from: usize) -> usize {
        let length = self.text[from..].iter().take_while(|(c, _)| is_address_character(*c)).count();
        from + length
    }

    fn column(&self, at: usize) -> u16 {
        self.text.get(at).map_or(0, |(_, column)| *column)
    }
}

fn trim(mut text: &[(char, u16)]) -> &[(char, u16)] {
    while let [(' ' | '\0' | '\u{a0}', _), rest @ ..] = text {
        text = rest;
    }
    while let [rest @ .., (' ' | '\0' | '\u{a0}', _)] = text {
        text = rest;
    }
    text
}

/// An address being joined.
struct Run {
    characters: Vec<(char, usize, u16)>,
    in_one_stretch: bool,
    /// The row and the place in it behind the run.
    end: (usize, usize),
}

impl Run {
    fn from(lines: &[Line<'_>], row: usize, start: usize, width: u16) -> Self {
        let mut run = Self { characters: Vec::new(), in_one_stretch: true, end: (row, start) };
        let first_column = lines[row].column(start);
        let mut edge = None;
        let mut breaks = 0;
        let (mut row, mut from) = (row, start);
        loop {
            let line = &lines[row];
            let end = line.end_of_run(from);
            run.characters.extend(line.text[from..end].iter().map(|(c, column)| (*c, row, *column)));
            run.end = (row, end);
            let Some(next) = lines.get(row + 1) else { break };
            if end < line.text.len() || run.characters.len() >= MAX_LENGTH || next.text.is_empty() {
                break;
            }
            let last = line.column(end - 1);
            if next.wrapped {
                // Full but for the half of a wide character, and never indented.
                if last + 2 < width || next.column(0) != 0 {
                    break;
                }
            } else {
                breaks += 1;
                if breaks >= MAX_BROKEN_ROWS || !goes_on(line, next, last, width, first_column) {
                    break;
                }
                // All rows of one address but its last end at the same place.
                if *edge.get_or_insert(last) != last {
                    break;
                }
                run.in_one_stretch = false;
            }
            (row, from) = (row + 1, 0);
            if next.end_of_run(0) == 0 {
                break;
            }
        }
        run
    }

    /// The address without what only stands around it.
    fn link(mut self) -> Option<Link> {
        self.characters.truncate(MAX_LENGTH);
        // How many closing ones are more than the opening ones.
        let mut round = self.count(')') - self.count('(');
        let mut square = self.count(']') - self.count('[');
        while let Some((last, _, _)) = self.characters.last() {
            match last {
                '.' | ',' | ';' | ':' | '!' | '?' | '*' => {}
                ')' if round > 0 => round -= 1,
                ']' if square > 0 => square -= 1,
                '(' => round += 1,
                '[' => square += 1,
                _ => break,
            }
            self.characters.pop();
        }
        let url: String = self.characters.iter().map(|(c, _, _)| *c).collect();
        host(&url)?;
        let mut parts: Vec<Part> = Vec::new();
        for (_, row, column) in self.characters {
            match parts.last_mut() {
                Some(part) if part.row == row => part.last = column,
                _ => parts.push(Part { row, first: column, last: column }),
            }
        }
        Some(Link { url, in_one_stretch: self.in_one_stretch || parts.len() == 1, parts })
    }

    fn count(&self, wanted: char) -> i32 {
        self.characters.iter().map(|(c, _, _)| i32::from(*c == wanted)).sum()
    }
}

/// Whether `next` goes on an address that ends `line` at column `last`, though the terminal did not
/// wrap it.
fn goes_on(line: &Line<'_>, next: &Line<'_>, last: u16, width: u16, first_column: u16) -> bool {
    if (line.left, line.right) != (next.left, next.right) {
        return false;
    }
    let edge = line.right.unwrap_or(width);
    if last + 1 + MARGIN < edge {
        return false;
    }
    let indent = next.column(0);
    if indent > first_column.max(line.column(0) + MAX_INDENT) {
        return false;
    }
    let end = next.end_of_run(0);
    if end == 0 || next.begins(0) {
        return false;
    }
    let alone = end == next.text.len();
    // No more room behind it than a program leaves before it.
    let before = line.column(0) - line.left.map_or(0, |left| left + 1);
    let full = edge - (last + 1).min(edge) <= before;
    looks_like_a_piece(&next.text[..end], alone, full)
}

/// Whether a row's first word may be the rest of an address and is no plain word, prompt, path or
/// item of a list. A word `alone` in its row behind a `full` one needs to look like it least.
fn looks_like_a_piece(word: &[(char, u16)], alone: bool, full: bool) -> bool {
    let characters = || word.iter().map(|(c, _)| *c);
    let (Some(first), Some(last)) = (characters().next(), characters().next_back()) else { return false };
    // `user@host:~$`, `#`, `Note:`.
    if matches!(last, '$' | '#' | ':' | '%') && !(last == '%' && alone && full)
        || !characters().any(char::is_alphanumeric)
    {
        return false;
    }
    let query = characters().any(|c| matches!(c, '=' | '&' | '%' | '?' | '+'));
    if !alone {
        // Text follows, so this word must show that it is none.
        return query && !characters().any(|c| matches!(c, '@' | '$'));
    }
    if full || query {
        return true;
    }
    let mixed = characters().any(|c| c.is_ascii_digit())
        || characters().skip(1).any(char::is_uppercase)
        || characters().any(|c| matches!(c, '/' | '_' | '-' | '~' | '#'));
    mixed && !matches!(first, '-' | '*' | '/' | '~') && !matches!(last, '.' | '!' | ',' | ';' | ')')
}

#[cfg(test)]
mod tests;
