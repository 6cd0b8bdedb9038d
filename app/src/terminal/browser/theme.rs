//! The terminal's colours, read from the page's tokens, so that one accent colours both.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use xterm_js_rs::Theme;

/// xterm.js' name of each colour, and the token it comes from.
const COLOURS: [(&str, &str); 22] = [
    ("background", "--terminal-background"),
    ("foreground", "--terminal-foreground"),
    ("cursor", "--terminal-cursor"),
    ("cursorAccent", "--terminal-background"),
    ("selectionBackground", "--terminal-selection"),
    ("selectionForeground", "--terminal-selection-text"),
    ("black", "--terminal-black"),
    ("red", "--terminal-red"),
    ("green", "--terminal-green"),
    ("yellow", "--terminal-yellow"),
    ("blue", "--terminal-blue"),
    ("magenta", "--terminal-magenta"),
    ("cyan", "--terminal-cyan"),
    ("white", "--terminal-white"),
    ("brightBlack", "--terminal-bright-black"),
    ("brightRed", "--terminal-bright-red"),
    ("brightGreen", "--terminal-bright-green"),
    ("brightYellow", "--terminal-bright-yellow"),
    ("brightBlue", "--terminal-bright-blue"),
    ("brightMagenta", "--terminal-bright-magenta"),
    ("brightCyan", "--terminal-bright-cyan"),
    ("brightWhite", "--terminal-bright-white"),
];

/// The theme as the tokens have it now.
pub fn current() -> Theme {
    let theme = js_sys::Object::new();
    let style = document().document_element().and_then(|root| window().get_computed_style(&root).ok().flatten());
    if let Some(style) = style {
        for (name, token) in COLOURS {
            let colour = style.get_property_value(token).unwrap_or_default();
            let colour = colour.trim();
            if !colour.is_empty() {
                // Setting a property of a plain object can't fail.
                let _ = js_sys::Reflect::set(&theme, &JsValue::from_str(name), &JsValue::from_str(colour));
            }
        }
    }
    theme.unchecked_into()
}
