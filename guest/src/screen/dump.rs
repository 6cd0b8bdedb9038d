//! The state as text, for comparing two screens in tests.

use std::fmt::Write;

use super::cell::{Cell, Pen};
use super::extras::Extras;
use super::grid::{Grid, Row};
use super::snapshot::history;
use super::state::State;

pub(super) fn write(state: &State, scrollback_lines: usize, unfinished: &[u8]) -> String {
    let mut out = String::new();
    let mut extras = Extras::default();
    let rows = history(state, scrollback_lines, &mut extras);
    // Writing to a `String` does not fail.
    let _ = writeln!(out, "size {:?} cursor {},{} join {}", state.size, state.x, state.y, state.join);
    let _ = writeln!(out, "pen {}", pen(state.pen, &state.extras));
    let _ = writeln!(out, "charset {:?} {:?} {}", state.charset, state.sets, state.level);
    let _ = writeln!(out, "{:?}\n{:?}\n{:?}", state.modes, state.keyboards, state.colors);
    let _ = writeln!(out, "{:?} {:?}", state.titles, state.cwd);
    let _ = writeln!(out, "alternate {} unfinished {:?}", state.is_alternate, String::from_utf8_lossy(unfinished));
    let _ = writeln!(out, "scrollback {}", rows.len());
    for (at, row) in rows.iter().enumerate() {
        line(row, at > 0, state.cols(), &extras, &mut out);
    }
    grid(&state.normal, state.scrollback.len(), !rows.is_empty() || state.scrollback.len() == 0, state, &mut out);
    if state.is_alternate {
        let _ = writeln!(out, "normal cursor {:?}", state.normal_cursor.1);
    }
    grid(&state.alternate, 0, true, state, &mut out);
    out
}

fn grid(grid: &Grid, above: usize, follows: bool, state: &State, out: &mut String) {
    let tabs: Vec<usize> = (0..state.cols()).filter(|x| grid.tabs.get(*x)).collect();
    let saved = &grid.saved;
    let saved_y = saved.y.saturating_sub(above).min(state.height() - 1);
    let _ = writeln!(out, "region {}-{} tabs {tabs:?}", grid.top, grid.bottom);
    let _ = writeln!(
        out,
        "saved {},{saved_y} {:x} {:x} {} {:?}",
        saved.x.min(state.cols() - 1),
        saved.fg,
        saved.bg,
        saved.underlined,
        saved.charset
    );
    for (at, row) in grid.rows.iter().enumerate() {
        line(row, follows || at > 0, state.cols(), &state.extras, out);
    }
}

fn line(row: &Row, follows: bool, cols: usize, extras: &Extras, out: &mut String) {
    let _ = write!(out, "{}|", if row.wrapped && follows { '+' } else { ' ' });
    let mut last = Pen::DEFAULT;
    for x in 0..cols {
        let cell = row.get(x);
        if cell.pen != last {
            let _ = write!(out, "<{}>", pen(cell.pen, extras));
            last = cell.pen;
        }
        out.push_str(&content(cell, extras));
    }
    out.push_str("|\n");
}

fn content(cell: Cell, extras: &Extras) -> String {
    if let Some(number) = cell.cluster() {
        return extras.cluster(number).iter().collect();
    }
    match cell.char() {
        Some(c) => c.to_string(),
        None if cell.is_tail() => String::new(),
        None => "·".to_owned(),
    }
}

fn pen(pen: Pen, extras: &Extras) -> String {
    let extra = extras.get(pen);
    let link = extra.link.map(|link| format!(" {}={}", link.id, link.uri)).unwrap_or_default();
    format!("{:x},{:x},{},{:x}{link}", pen.fg, pen.bg, pen.underline(), extra.underline_color)
}
