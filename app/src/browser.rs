//! Small questions to the browser. Called from effects and event handlers only, so never while
//! the server renders.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

/// Where a person signs in; a page of the server's, not of ours.
const SIGN_IN: &str = "/sign-in";

/// Leaves for the sign-in page, which leads back here: nobody is signed in any more.
pub fn go_to_sign_in() {
    let location = window().location();
    let here = location.pathname().unwrap_or_default();
    let next = String::from(js_sys::encode_uri_component(&here));
    // Navigation to an address of our own can't fail.
    let _ = location.set_href(&format!("{SIGN_IN}?next={next}"));
}

/// Puts `text` on the clipboard; says whether it could be tried.
pub fn copy(text: &str) -> bool {
    // Absent where the page was not loaded over HTTPS or from this machine.
    let clipboard = js_sys::Reflect::get(&window().navigator(), &JsValue::from_str("clipboard"));
    if !clipboard.is_ok_and(|clipboard| clipboard.is_object()) {
        return false;
    }
    let promise = window().navigator().clipboard().write_text(text);
    // A refusal is the person's own doing, in a prompt they just saw.
    drop(promise);
    true
}

/// Whether the main pointer is a finger: nothing takes focus by itself then, for it would bring
/// up the keyboard.
#[cfg(feature = "hydrate")]
pub fn has_touch() -> bool {
    matches_media("(pointer: coarse)")
}

/// Whether a media query holds.
#[cfg(feature = "hydrate")]
pub fn matches_media(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// Whether anybody can see the page.
#[cfg(feature = "hydrate")]
pub fn is_visible() -> bool {
    document().visibility_state() != web_sys::VisibilityState::Hidden
}

/// What this tab of the browser remembers under `key`; nothing where storage is refused.
#[cfg(feature = "hydrate")]
pub fn remembered(key: &str) -> Option<String> {
    window().session_storage().ok()??.get_item(key).ok()?
}

/// Remembers `value` under `key` for this tab of the browser, where storage is allowed.
#[cfg(feature = "hydrate")]
pub fn remember(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().session_storage() {
        // A full or refused storage only forgets which tab was shown.
        let _ = storage.set_item(key, value);
    }
}
