//! Between the clipboard and a terminal.

use js_sys::Array;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::drops;
use super::live_terminal::LiveTerminal;
use crate::browser::{copy, has_clipboard, has_touch, is_mac};
use crate::terminal::paste::{must_ask, prepare};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["navigator", "clipboard"], js_name = read, catch)]
    async fn read_clipboard() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["navigator", "clipboard"], js_name = readText, catch)]
    async fn read_text() -> Result<JsValue, JsValue>;

    type ClipboardItem;

    #[wasm_bindgen(method, getter)]
    fn types(this: &ClipboardItem) -> Array;

    #[wasm_bindgen(method, js_name = getType, catch)]
    async fn get(this: &ClipboardItem, media_type: &str) -> Result<JsValue, JsValue>;
}

/// Pastes text: bracketed if the program asked for it, and asking the person first when it did not
/// and would take some of it for keys.
pub fn paste(live: &LiveTerminal, text: &str) {
    if text.is_empty() {
        return;
    }
    let bracketed = live.widget().xterm().modes().bracketed_paste();
    if must_ask(text, bracketed) {
        let _ = live.state().paste_question.try_set(Some(text.to_owned()));
    } else {
        send(live, text, bracketed);
    }
}

/// Pastes what waits in `paste_question`, or not.
pub fn answer(live: &LiveTerminal, agreed: bool) {
    let waiting = live.state().paste_question.try_update(Option::take).flatten();
    if let Some(text) = waiting.filter(|_| agreed) {
        // The program may have changed its mind meanwhile.
        send(live, &text, live.widget().xterm().modes().bracketed_paste());
    }
    if !has_touch() {
        live.widget().focus();
    }
}

fn send(live: &LiveTerminal, text: &str, bracketed: bool) {
    live.widget().scroll_to_end();
    live.type_bytes(prepare(text, bracketed).as_bytes());
}

/// Reads the clipboard and pastes it: text, or an image by its upload.
pub fn paste_clipboard(live: &LiveTerminal) {
    let Some(live) = live.this() else { return };
    spawn_local(async move {
        if paste_items(&live).await.is_some() {
            return;
        }
        // A browser that has no items has text, perhaps.
        let text = if has_clipboard() { read_text().await.ok() } else { None };
        match text.and_then(|text| text.as_string()) {
            Some(text) => paste(&live, &text),
            None => {
                live.state().toasts.tell(cannot_read(has_clipboard(), has_touch(), is_mac()));
            }
        }
    });
}

/// What a person can do whose browser doesn't let the page read the clipboard: it asks for leave, where it `lends` one,
/// which is over HTTPS or from this machine.
fn cannot_read(lends: bool, touch: bool, mac: bool) -> String {
    let keys = match (touch, mac) {
        (true, _) => None,
        (_, true) => Some("⌘V"),
        _ => Some("Ctrl+Shift+V"),
    };
    let why = if lends {
        "The browser doesn't let this page read the clipboard."
    } else {
        "Browsers let a page read the clipboard over HTTPS only."
    };
    let how = match (keys, lends) {
        (Some(keys), true) => format!("Press {keys} instead, or allow it in the browser's settings for this page."),
        (Some(keys), false) => format!("Press {keys} instead."),
        (None, true) => "Allow it in the browser's settings for this page.".to_owned(),
        (None, false) => "Use the keyboard's own paste instead.".to_owned(),
    };
    format!("{why} {how}")
}

/// None when the browser refuses, or has nothing of use.
async fn paste_items(live: &LiveTerminal) -> Option<()> {
    let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into()).ok().filter(JsValue::is_object)?;
    js_sys::Reflect::get(&clipboard, &"read".into()).ok().filter(JsValue::is_function)?;
    let items: Array = read_clipboard().await.ok()?.dyn_into().ok()?;
    for item in items.iter() {
        let item: ClipboardItem = item.unchecked_into();
        let types: Vec<String> = item.types().iter().filter_map(|kind| kind.as_string()).collect();
        if types.iter().any(|kind| kind == "text/plain") {
            let blob: web_sys::Blob = item.get("text/plain").await.ok()?.dyn_into().ok()?;
            paste(live, &JsFuture::from(blob.text()).await.ok()?.as_string()?);
            return Some(());
        }
        if let Some(kind) = types.iter().find(|kind| kind.starts_with("image/")) {
            let blob = item.get(kind).await.ok()?.dyn_into().ok()?;
            drops::upload(live, vec![(drops::pasted_name(kind), blob)]);
            return Some(());
        }
    }
    None
}

/// Puts the selection on the clipboard; says whether there was one.
pub fn copy_selection(live: &LiveTerminal) -> bool {
    let selection = live.widget().selection();
    !selection.is_empty() && copy(&selection)
}
