//! How a terminal looks and behaves, from the person's preferences and the system's.

use wasm_bindgen::JsValue;

use super::theme;
use super::xterm::set;
use crate::browser::{has_touch, matches_media};
use crate::model::preferences::{CursorShape, Preferences, usual_font_size};

/// The terminal's font; the page's own comes first.
const FONT: &str = "\"JetBrains Mono\", ui-monospace, \"DejaVu Sans Mono\", monospace";
/// The contrast that `prefers-contrast: more` asks for, WCAG's AAA.
const MORE_CONTRAST: u8 = 7;
/// xterm.js' value for no demand on contrast.
const ANY_CONTRAST: u8 = 1;

/// The font's size, CSS pixels.
pub fn font_size(preferences: &Preferences) -> u8 {
    preferences.font_size.unwrap_or_else(|| usual_font_size(has_touch()))
}

pub fn has_reduced_motion() -> bool {
    matches_media("(prefers-reduced-motion: reduce)")
}

/// Sets `options`, those of a terminal to be made or of one that is there.
pub fn apply(options: &JsValue, preferences: &Preferences) {
    set(options, "fontFamily", FONT);
    set(options, "fontSize", font_size(preferences));
    set(options, "scrollback", preferences.scrollback);
    let shape = match preferences.cursor {
        CursorShape::Block => "block",
        CursorShape::Bar => "bar",
        CursorShape::Underline => "underline",
    };
    set(options, "cursorStyle", shape);
    set(options, "cursorBlink", preferences.cursor_blinks && !has_reduced_motion());
    set(options, "screenReaderMode", preferences.screen_reader);
    let contrast = if matches_media("(prefers-contrast: more)") { MORE_CONTRAST } else { ANY_CONTRAST };
    set(options, "minimumContrastRatio", contrast);
    set(options, "theme", theme::current());
}
