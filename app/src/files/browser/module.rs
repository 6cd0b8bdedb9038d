//! `public/modules/files.mjs`, fetched when the files first open.

use std::cell::RefCell;

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// The module's address.
const ADDRESS: &str = "/modules/files.mjs";

#[wasm_bindgen(module = "xterm")]
extern "C" {
    /// Imports a module of ours.
    #[wasm_bindgen]
    fn bring(address: &str) -> Promise;
}

#[wasm_bindgen]
extern "C" {
    /// The module.
    #[derive(Clone)]
    pub type Files;

    /// What was dropped or pasted; to be asked while the browser tells of it.
    #[wasm_bindgen(method)]
    pub fn entries(this: &Files, transfer: &JsValue) -> Array;

    /// All files in entries: `{path, file}`.
    #[wasm_bindgen(method)]
    pub fn collect(this: &Files, entries: &Array) -> Promise;

    /// Base64, or null.
    #[wasm_bindgen(method)]
    pub fn sha256(this: &Files, blob: &web_sys::Blob) -> Promise;

    /// HTML.
    #[wasm_bindgen(method)]
    pub fn highlight(this: &Files, text: &str, language: &str) -> Promise;

    /// `{text, truncated}`, without a text for what is none.
    #[wasm_bindgen(method)]
    pub fn read(this: &Files, address: &str, signal: &JsValue) -> Promise;

    #[wasm_bindgen(method)]
    pub fn save(this: &Files, address: &str);

    /// Files as [`Files::collect`] gives them; upon a press only.
    #[wasm_bindgen(method)]
    pub fn pick(this: &Files, is_folder: bool) -> Promise;
}

#[wasm_bindgen]
extern "C" {
    /// Calls off what its signal was given to.
    pub type AbortController;

    #[wasm_bindgen(constructor)]
    pub fn new() -> AbortController;

    #[wasm_bindgen(method, getter)]
    pub fn signal(this: &AbortController) -> JsValue;

    #[wasm_bindgen(method)]
    pub fn abort(this: &AbortController);
}

thread_local! {
    static LOADED: RefCell<Option<Files>> = const { RefCell::new(None) };
}

/// The module, if it is here: what has to be asked at once can't wait for it.
pub fn loaded() -> Option<Files> {
    LOADED.with_borrow(Clone::clone)
}

/// The module.
///
/// # Errors
/// When it can't be fetched.
pub async fn load() -> Result<Files, JsValue> {
    if let Some(files) = loaded() {
        return Ok(files);
    }
    let files: Files = JsFuture::from(bring(ADDRESS)).await?.unchecked_into();
    LOADED.with_borrow_mut(|loaded| *loaded = Some(files.clone()));
    Ok(files)
}

/// A property of an object; undefined where there is none.
pub fn property(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &JsValue::from_str(name)).unwrap_or_default()
}
