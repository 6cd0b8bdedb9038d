//! The state as bytes for a freshly reset xterm.js of the same size.
//!
//! Scrollback and screen are written line by line, then what the alternate screen shows, then what
//! is not drawn. The cursor comes last: printing the character before it again restores a pending
//! wrap, and that a combining mark may follow.

mod writer;

use super::cell::Pen;
use super::extras::Extras;
use super::grid::{Grid, Row, Tabs};
use super::modes::{Modes, MouseEncoding};
use super::resize::rewrap_stored;
use super::state::State;
use super::titles::MAX_DEPTH;
use super::{charset::Charset, color};

pub(super) use writer::Writer;

/// Lines of the scrollback are left out of a snapshot beyond about this, bytes: a client that stalls in the
/// middle of one costs no more. A thousand lines of coloured text are a tenth of it.
const MAX_HISTORY: usize = 1024 * 1024;

pub(super) fn write(state: &State, scrollback_lines: usize) -> Vec<u8> {
    // Stored lines bring their own clusters and links; a table of their own keeps `state` as it is.
    let mut history_extras = Extras::default();
    let history = history(state, scrollback_lines, &mut history_extras);
    let mut w = Writer::new(state.cols());
    // A full reset, and what it leaves in xterm.js.
    w.text("\x1bc\x1b[20l\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\");
    colors(state, &mut w);
    titles(state, &mut w);

    let first = history.first().or(if state.scrollback.len() == 0 { state.normal.rows.front() } else { None });
    if first.is_some_and(|row| row.wrapped) {
        w.continue_nothing(state.height());
    }
    if is_saved_above(state) {
        saved(&state.normal, state, &mut w);
        w.text("\x1b[H");
    }
    for (at, row) in history.iter().enumerate() {
        w.row(row, at > 0, at > 0, &history_extras);
    }
    screen(&state.normal, !history.is_empty(), state, &mut w);
    w.pen(Pen::DEFAULT, &state.extras);
    tabs(&state.normal, state, &mut w);
    keyboard(state, 0, &mut w);
    if !is_saved_above(state) {
        saved(&state.normal, state, &mut w);
    }
    if state.is_alternate {
        region(&state.normal, &mut w);
        let (x, y) = state.normal_cursor;
        w.position(x.min(state.cols() - 1), y);
    }
    if state.is_alternate || state.alternate.saved != Default::default() {
        // 47, not 1049, which would save the cursor anew.
        w.text("\x1b[m\x1b[?47h\x1b[H");
        w.forget();
        if state.is_alternate {
            if state.alternate.rows.front().is_some_and(|row| row.wrapped) {
                w.continue_nothing(state.height());
            }
            screen(&state.alternate, false, state, &mut w);
            w.pen(Pen::DEFAULT, &state.extras);
            tabs(&state.alternate, state, &mut w);
            keyboard(state, 1, &mut w);
        }
        saved(&state.alternate, state, &mut w);
        if !state.is_alternate {
            w.text("\x1b[?47l");
        }
    }
    if !state.is_alternate && state.keyboards[1] != Default::default() {
        w.text("\x1b[?47h");
        keyboard(state, 1, &mut w);
        w.text("\x1b[?47l");
    }
    region(state.grid(), &mut w);
    modes(&state.modes, &mut w);
    cursor(state, &mut w);
    w.finish()
}

/// The newest lines of the scrollback, at the screen's width.
pub(super) fn history(state: &State, lines: usize, extras: &mut Extras) -> Vec<Row> {
    let stored = state.scrollback.newest(lines, MAX_HISTORY, extras);
    let left_out = state.scrollback.len() - stored.len();
    let (outdated, current) = stored.split_at(state.scrollback.outdated().saturating_sub(left_out));
    let mut rows: Vec<Row> = Vec::with_capacity(stored.len());
    for line in outdated.chunk_by(|_, next| next.wrapped) {
        rows.extend(rewrap_stored(line, state.cols()));
    }
    rows.extend_from_slice(current);
    rows.drain(..rows.len().saturating_sub(lines));
    rows
}

fn screen(grid: &Grid, follows: bool, state: &State, w: &mut Writer) {
    for (at, row) in grid.rows.iter().enumerate() {
        w.row(row, follows || at > 0, follows || at > 0, &state.extras);
    }
}

fn colors(state: &State, w: &mut Writer) {
    for (index, rgb) in &state.colors.palette {
        w.text(&format!("\x1b]4;{index};{}\x1b\\", color::format(*rgb)));
    }
    for (which, rgb) in state.colors.special.iter().enumerate() {
        if let Some(rgb) = rgb {
            w.text(&format!("\x1b]{};{}\x1b\\", 10 + which, color::format(*rgb)));
        }
    }
}

fn titles(state: &State, w: &mut Writer) {
    // No reset empties the stack. What there is to take from an empty one is nothing.
    w.text(&"\x1b[23;2t".repeat(MAX_DEPTH));
    for title in state.titles.stack() {
        w.text(&format!("\x1b]2;{title}\x1b\\\x1b[22;2t"));
    }
    w.text(&format!("\x1b]2;{}\x1b\\", state.titles.current()));
    if let Some(cwd) = &state.cwd {
        w.text(&format!("\x1b]7;file://{}\x1b\\", percent_encoded(cwd)));
    }
}

fn percent_encoded(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn tabs(grid: &Grid, state: &State, w: &mut Writer) {
    let cols = state.cols();
    if grid.tabs == Tabs::new(cols) {
        return;
    }
    w.text("\x1b[3g");
    for x in (0..cols).filter(|x| grid.tabs.get(*x)) {
        w.text(&format!("\x1b[{}G\x1bH", x + 1));
    }
}

fn keyboard(state: &State, which: usize, w: &mut Writer) {
    let keyboard = &state.keyboards[which];
    // Each push keeps what was in force: the stack's entries, lowest first, then the flags of now.
    let flags = keyboard.stack().iter().chain([&keyboard.flags()]).copied().collect::<Vec<u8>>();
    for (at, flags) in flags.iter().enumerate() {
        if at > 0 {
            w.text(&format!("\x1b[>{flags}u"));
        } else if *flags != 0 {
            w.text(&format!("\x1b[={flags};1u"));
        }
    }
}

/// Whether the saved cursor has left the screen at its top. Written before the scrollback then, or
/// it would come back when a new size brings lines back.
fn is_saved_above(state: &State) -> bool {
    state.normal.saved.y < state.scrollback.len()
}

/// DECSC's state of `grid`.
fn saved(grid: &Grid, state: &State, w: &mut Writer) {
    let saved = &grid.saved;
    let lines_above = if std::ptr::eq(grid, &state.normal) { state.scrollback.len() } else { 0 };
    if *saved == Default::default() {
        return;
    }
    let row = saved.y.saturating_sub(lines_above).min(state.height() - 1);
    w.charset(0, saved.charset);
    w.text("\x0f");
    w.position(saved.x.min(state.cols() - 1), row);
    let mut pen = Pen { fg: saved.fg, bg: saved.bg, ext: 0 };
    pen.set_underline(u32::from(saved.underlined));
    w.pen(pen, &state.extras);
    w.text("\x1b7");
    w.pen(Pen::DEFAULT, &state.extras);
    w.charset(0, Charset::Ascii);
}

fn region(grid: &Grid, w: &mut Writer) {
    if !grid.is_region_full() {
        w.text(&format!("\x1b[{};{}r", grid.top + 1, grid.bottom + 1));
    }
}

fn modes(modes: &Modes, w: &mut Writer) {
    let defaults = Modes::default();
    for number in Modes::PLAIN {
        let on = modes.is_on(number);
        // What a reset may not reset is said in any case.
        if on != defaults.is_on(number) || number == 25 {
            w.text(&format!("\x1b[?{number}{}", if on == Some(true) { 'h' } else { 'l' }));
        }
    }
    if let Some(blink) = modes.blink {
        w.text(if blink { "\x1b[?12h" } else { "\x1b[?12l" });
    }
    if let Some(mouse) = modes.mouse.number() {
        w.text(&format!("\x1b[?{mouse}h"));
    }
    match modes.encoding {
        MouseEncoding::Bytes => {}
        MouseEncoding::Sgr => w.text("\x1b[?1006h"),
        MouseEncoding::Pixels => w.text("\x1b[?1016h"),
    }
    if modes.cursor_style != 0 {
        w.text(&format!("\x1b[{} q", modes.cursor_style));
    }
    if modes.origin {
        w.text("\x1b[?6h");
    }
    if modes.new_line {
        w.text("\x1b[20h");
    }
}

/// Charsets, pen, insert mode and the cursor, in the order that lets each stand.
fn cursor(state: &State, w: &mut Writer) {
    let cols = state.cols();
    let insert = if state.modes.insert { "\x1b[4h" } else { "" };
    let row = &state.grid().rows[state.y.min(state.height() - 1)];
    let base = if state.modes.origin { state.grid().top } else { 0 };
    let y = state.y.saturating_sub(base);
    let before = match state.x.checked_sub(1) {
        Some(at) if row.get(at).is_tail() => at.saturating_sub(1),
        Some(at) => at,
        None => 0,
    };
    let joins = state.join > 0 && state.x > 0 && !row.get(before).is_empty();
    let pending = state.x >= cols;
    if pending && !joins {
        if row.get(before).is_empty() && !state.is_alternate {
            // A wrap that pends over nothing, as scrolling may leave it: printed on the other screen, whose cursor comes
            // back along. Its region is the whole screen, so that its rows count from the top.
            w.text("\x1b[?47h");
            w.position(before, state.y);
            w.text(" \x1b[?47l");
        } else {
            w.position(before, y);
            w.reprint(row.get(before), &state.extras);
        }
    }
    w.charsets(state);
    w.pen(state.pen, &state.extras);
    w.text(insert);
    if joins {
        w.position(before, y);
        if state.modes.insert && !pending {
            // Make room, or the character would be there twice.
            w.text(&format!("\x1b[{}P", state.x - before));
        }
        w.reprint(row.get(before), &state.extras);
    } else if !pending {
        w.position(state.x, y);
    }
}
