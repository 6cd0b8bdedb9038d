//! Files that a person chose, dropped or pasted, with their paths.

use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::module::property;
use crate::terminal::browser::pasted_name;

/// One of them: a file below what was chosen, or a folder with nothing in it.
#[derive(Debug, Clone)]
pub struct Picked {
    pub path: String,
    pub file: Option<Blob>,
}

impl Picked {
    /// As it is called when it was pasted: browsers call every picture the same.
    #[must_use]
    pub fn pasted(mut self) -> Self {
        if let Some(file) = self.file.as_ref().filter(|_| self.path == "image.png" || self.path.is_empty()) {
            self.path = pasted_name(&file.type_());
        }
        self
    }
}

/// Those that a promise of `{path, file}` gives.
///
/// # Errors
/// What went wrong, as a person is told.
pub async fn picked(promise: Promise) -> Result<Vec<Picked>, String> {
    let list = JsFuture::from(promise).await.map_err(|error| said(&error))?;
    let list: Array = list.dyn_into().unwrap_or_default();
    Ok(list.iter().map(|one| read(&one)).collect())
}

fn read(one: &JsValue) -> Picked {
    let file: Option<Blob> = property(one, "file").dyn_into().ok();
    let path = property(one, "path").as_string().unwrap_or_default();
    Picked { path, file }
}

fn said(error: &JsValue) -> String {
    property(error, "message").as_string().unwrap_or_else(|| "They could not be read.".to_owned())
}
