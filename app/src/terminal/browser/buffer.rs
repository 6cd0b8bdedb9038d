//! Reads rows of xterm.js' buffer, as the plain logic wants them.

use wasm_bindgen::prelude::*;

use super::xterm::Xterm;
use crate::terminal::links::Row;

#[wasm_bindgen]
extern "C" {
    type Namespace;

    #[wasm_bindgen(method, getter)]
    fn active(this: &Namespace) -> Buffer;

    /// The screen that is in use, with its scrollback.
    pub type Buffer;

    #[wasm_bindgen(method, getter)]
    pub fn length(this: &Buffer) -> u32;

    /// The first row of the screen at its end.
    #[wasm_bindgen(method, getter, js_name = baseY)]
    pub fn base(this: &Buffer) -> u32;

    #[wasm_bindgen(method, getter, js_name = cursorY)]
    pub fn cursor_row(this: &Buffer) -> u32;

    #[wasm_bindgen(method, js_name = getLine)]
    fn line(this: &Buffer, row: u32) -> Option<Line>;

    type Line;

    #[wasm_bindgen(method, getter)]
    fn length(this: &Line) -> u32;

    #[wasm_bindgen(method, getter, js_name = isWrapped)]
    fn is_wrapped(this: &Line) -> bool;

    #[wasm_bindgen(method, js_name = translateToString)]
    fn text(this: &Line, trim: bool) -> String;

    #[wasm_bindgen(method, js_name = getCell)]
    fn cell(this: &Line, column: u32) -> Option<Cell>;

    type Cell;

    #[wasm_bindgen(method, js_name = getChars)]
    fn characters(this: &Cell) -> String;

    /// 0 for the second half of a wide character.
    #[wasm_bindgen(method, js_name = getWidth)]
    fn width(this: &Cell) -> u32;
}

/// The buffer that `terminal` shows.
pub fn of(terminal: &Xterm) -> Buffer {
    let buffer = js_sys::Reflect::get(terminal, &JsValue::from_str("buffer")).unwrap_or_default();
    buffer.unchecked_into::<Namespace>().active()
}

impl Buffer {
    /// The rows `from..to`, as many of them as there are.
    pub fn rows(&self, from: u32, to: u32) -> Vec<Row> {
        (from..to.min(self.length())).filter_map(|row| self.line(row)).map(|line| read(&line)).collect()
    }
}

fn read(line: &Line) -> Row {
    let text = line.text(true);
    // Only ASCII takes one cell a character for sure.
    if text.is_ascii() {
        return Row::of(&text, line.is_wrapped());
    }
    let mut characters = Vec::new();
    for column in 0..line.length() {
        let Some(cell) = line.cell(column) else { break };
        let place = u16::try_from(column).unwrap_or(u16::MAX);
        let before = characters.len();
        characters.extend(cell.characters().chars().map(|c| (c, place)));
        if characters.len() == before && cell.width() > 0 {
            characters.push((' ', place));
        }
    }
    Row { characters, wrapped: line.is_wrapped() }
}
