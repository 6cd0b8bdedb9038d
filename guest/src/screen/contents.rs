//! Scrollback and screen as text, for the API and for search.

use super::extras::Extras;
use super::snapshot::Writer;
use super::state::State;

/// The oldest lines are left out beyond about this, bytes.
const MAX_HISTORY: usize = 4 * 1024 * 1024;

/// Every line, wrapped rows joined, without blanks at its end and without empty lines at the end.
pub(super) fn write(state: &State, ansi: bool) -> Vec<u8> {
    let mut history_extras = Extras::default();
    let history = state.scrollback.newest(usize::MAX, MAX_HISTORY, &mut history_extras);
    let stored = history.iter().map(|row| (row, &history_extras));
    let shown = state.grid().rows.iter().map(|row| (row, &state.extras));
    let mut w = Writer::new(state.cols());
    let mut lines = 0;
    let mut rows = stored.chain(shown).peekable();
    while let Some((row, extras)) = rows.next() {
        let continues = rows.peek().is_some_and(|(next, _)| next.wrapped);
        if !row.wrapped && lines > 0 {
            w.text("\n");
        }
        lines += 1;
        let length = if continues { row.content_len() } else { row.trimmed_text_len() };
        w.plain(&row.used()[..length], ansi, extras);
        if ansi && !continues {
            w.pen(super::cell::Pen::DEFAULT, extras);
        }
    }
    let mut bytes = w.finish();
    while bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    if !bytes.is_empty() {
        bytes.push(b'\n');
    }
    bytes
}
