//! What of xterm.js we call: what it has had since version 5, after xterm-js-rs was made, and what
//! our module `public/modules/xterm.mjs` adds. Nothing here is there before [`load`].

use js_sys::{Function, Uint8Array};
use wasm_bindgen::prelude::*;
use xterm_js_rs::{Disposable, TerminalOptions};

#[wasm_bindgen(module = "xterm")]
extern "C" {
    /// Fetches xterm.js and its style, once.
    #[wasm_bindgen(catch)]
    pub async fn load() -> Result<JsValue, JsValue>;

    /// What a terminal needs before it is opened; `failed` is told when its parser throws.
    #[wasm_bindgen]
    pub fn prepare(terminal: &JsValue, failed: &Function);

    /// Parses bytes in this very task, and tells `parsed`.
    #[wasm_bindgen(js_name = writeNow, catch)]
    pub fn write_now(terminal: &Xterm, bytes: &Uint8Array, parsed: &Function) -> Result<(), JsValue>;

    /// Calls `run` once, after the next frame is drawn.
    #[wasm_bindgen(js_name = afterFrame)]
    pub fn after_frame(run: &Function);

    /// Marks a place in the browser's timeline.
    #[wasm_bindgen]
    pub fn mark(name: &str);

    /// Draws with WebGL where that is fast. Without it, and when it fails, the DOM draws on.
    #[wasm_bindgen(catch)]
    pub async fn accelerate(terminal: &JsValue) -> Result<JsValue, JsValue>;

    /// A short tone.
    #[wasm_bindgen]
    pub fn beep();

    /// Fetches the search, once, and gives it to a terminal. `found` is told `(index, count)`, the
    /// index from 0 and -1 for none.
    #[wasm_bindgen(catch)]
    pub async fn search(terminal: &JsValue, found: &Function) -> Result<JsValue, JsValue>;

    /// The marks of a search, in the accent's colour.
    #[wasm_bindgen(js_name = searchMarks)]
    pub fn search_marks() -> JsValue;
}

#[wasm_bindgen]
extern "C" {
    /// A `Terminal` of xterm.js.
    #[derive(Clone)]
    pub type Xterm;

    /// Sends text as if it were typed, when `user` is true: the view goes to the end.
    #[wasm_bindgen(method)]
    pub fn input(this: &Xterm, text: &str, user: bool);

    #[wasm_bindgen(method)]
    pub fn paste(this: &Xterm, text: &str);

    #[wasm_bindgen(method, js_name = scrollLines)]
    pub fn scroll_lines(this: &Xterm, lines: i32);

    #[wasm_bindgen(method, getter)]
    pub fn options(this: &Xterm) -> TerminalOptions;

    #[wasm_bindgen(method, getter)]
    pub fn modes(this: &Xterm) -> Modes;

    #[wasm_bindgen(method, js_name = hasSelection)]
    pub fn has_selection(this: &Xterm) -> bool;

    #[wasm_bindgen(method, js_name = onSelectionChange)]
    pub fn on_selection_change(this: &Xterm, changed: &Function) -> Disposable;

    /// `Terminal.modes`.
    pub type Modes;

    #[wasm_bindgen(method, getter, js_name = applicationCursorKeysMode)]
    pub fn application_cursor_keys(this: &Modes) -> bool;

    #[wasm_bindgen(method, getter, js_name = bracketedPasteMode)]
    pub fn bracketed_paste(this: &Modes) -> bool;

    /// The search that [`search`] gives.
    pub type SearchAddon;

    /// Throws when a regular expression isn't one.
    #[wasm_bindgen(method, js_name = findNext, catch)]
    pub fn find_next(this: &SearchAddon, text: &str, options: &JsValue) -> Result<bool, JsValue>;

    #[wasm_bindgen(method, js_name = findPrevious, catch)]
    pub fn find_previous(this: &SearchAddon, text: &str, options: &JsValue) -> Result<bool, JsValue>;

    #[wasm_bindgen(method, js_name = clearDecorations)]
    pub fn clear_decorations(this: &SearchAddon);
}

/// Calls `run` after the next frame is drawn.
pub fn once_after_frame(run: impl FnOnce() + 'static) {
    after_frame(Closure::once_into_js(run).unchecked_ref());
}

/// Sets a property of a plain object.
pub fn set(object: &JsValue, name: &str, value: impl Into<JsValue>) {
    // Fails on frozen objects and setters that throw only, and ours are neither.
    let _ = js_sys::Reflect::set(object, &JsValue::from_str(name), &value.into());
}
