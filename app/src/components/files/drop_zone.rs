//! Files that are dropped or pasted onto the open folder.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DragEvent, HtmlElement};

use super::explorer::Explorer;
use crate::browser::carries_files;
use crate::files::browser::module;
use crate::files::browser::picked::{Picked, picked};
use crate::model::error::ApiError;

/// Whether files are held over it.
pub type Held = RwSignal<bool>;

pub fn held_over(held: Held, event: &DragEvent) {
    if carries_files(event) {
        event.prevent_default();
        if let Some(data) = event.data_transfer() {
            data.set_drop_effect("copy");
        }
        held.set(true);
    }
}

/// Files left, unless they are over something within.
pub fn left(held: Held, event: &DragEvent) {
    let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
    let within = event.current_target().and_then(|within| within.dyn_into::<HtmlElement>().ok());
    if !within.is_some_and(|within| within.contains(to.as_ref())) {
        held.set(false);
    }
}

pub fn dropped(explorer: Explorer, held: Held, event: &DragEvent) {
    held.set(false);
    if !carries_files(event) {
        return;
    }
    event.prevent_default();
    event.stop_propagation();
    take(explorer, event.data_transfer().map(Into::into).unwrap_or_default(), false);
}

pub fn pasted(explorer: Explorer, event: &ClipboardEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let in_field = target.is_some_and(|target| target.matches("input, textarea").unwrap_or(false));
    let Some(data) = event.clipboard_data().filter(|data| !in_field && data.types().includes(&"Files".into(), 0))
    else {
        return;
    };
    event.prevent_default();
    event.stop_propagation();
    take(explorer, data.into(), true);
}

/// Takes what a transfer has, which is to be asked now, and sends it once all of it is found.
fn take(explorer: Explorer, transfer: wasm_bindgen::JsValue, is_pasted: bool) {
    // The view loads the module when it opens.
    let Some(module) = module::loaded() else {
        let error = ApiError::conflict("The page is not quite there yet. Try once more.");
        explorer.toasts.fail("Nothing was uploaded", &error);
        return;
    };
    let entries = module.entries(&transfer);
    // Another folder may be open by the time that they are read.
    let folder = explorer.place.get_untracked();
    spawn_local(async move {
        match picked(module.collect(&entries)).await {
            Ok(files) if is_pasted => explorer.upload(&folder, files.into_iter().map(Picked::pasted).collect()),
            Ok(files) => explorer.upload(&folder, files),
            Err(why) => explorer.toasts.fail("Nothing was uploaded", &ApiError::conflict(why)),
        }
    });
}
