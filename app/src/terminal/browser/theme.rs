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

/// The theme as the tokens have it now. A token may be an expression, such as one that depends on the
/// scheme; as the colour of an element it is computed.
pub fn current() -> Theme {
    let theme = js_sys::Object::new();
    if let Some(probe) = probe() {
        let style = window().get_computed_style(&probe).ok().flatten();
        for (name, token) in COLOURS {
            // Setting a property of a style or a plain object can't fail, with constant names.
            let _ = probe.style().set_property("color", &format!("var({token})"));
            let colour = style.as_ref().and_then(|style| style.get_property_value("color").ok()).unwrap_or_default();
            if !colour.is_empty() {
                let _ = js_sys::Reflect::set(&theme, &JsValue::from_str(name), &JsValue::from_str(&colour));
            }
        }
        probe.remove();
    }
    theme.unchecked_into()
}

/// An element that is on the page and shows nothing.
fn probe() -> Option<web_sys::HtmlElement> {
    let probe: web_sys::HtmlElement = document().create_element("span").ok()?.dyn_into().ok()?;
    document().body()?.append_child(&probe).ok()?;
    Some(probe)
}
