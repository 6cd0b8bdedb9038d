//! Sends to the server what is no server function: files, and addresses to be replayed.

use js_sys::{Object, Promise};
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::xterm::set;
use crate::model::error::{ApiError, ErrorCode};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn fetch_address(address: &str, options: &Object) -> Promise;

    type Answer;

    #[wasm_bindgen(method, getter)]
    fn ok(this: &Answer) -> bool;

    #[wasm_bindgen(method, getter)]
    fn status(this: &Answer) -> u16;

    #[wasm_bindgen(method)]
    fn text(this: &Answer) -> Promise;
}

/// Posts `body` to an address of ours.
///
/// # Errors
/// What the server said, or that it could not be reached.
pub async fn post<T: DeserializeOwned>(address: &str, media_type: &str, body: &JsValue) -> Result<T, ApiError> {
    let headers = Object::new();
    set(&headers, "content-type", media_type);
    let options = Object::new();
    set(&options, "method", "POST");
    set(&options, "headers", headers);
    set(&options, "body", body.clone());
    let unreachable =
        |_| ApiError::new(ErrorCode::Internal, "The server could not be reached. Check the connection and try again.");
    let answer: Answer = JsFuture::from(fetch_address(address, &options)).await.map_err(unreachable)?.unchecked_into();
    let text = JsFuture::from(answer.text()).await.map_err(unreachable)?.as_string().unwrap_or_default();
    if answer.ok() {
        return serde_json::from_str(&text).map_err(|_| ApiError::internal());
    }
    Err(serde_json::from_str(&text).unwrap_or_else(|_| said_by_status(answer.status())))
}

/// What a proxy between us and the server says without our words.
fn said_by_status(status: u16) -> ApiError {
    match status {
        413 => ApiError::new(ErrorCode::ValidationError, "It is larger than the server takes."),
        401 => ApiError::not_signed_in(),
        status => ApiError::new(ErrorCode::Internal, format!("The server answered with status {status}.")),
    }
}
