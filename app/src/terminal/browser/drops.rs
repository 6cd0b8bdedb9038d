//! What is pasted or dropped on a terminal. Files are uploaded, and their quoted paths typed.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::upload::MAX_UPLOAD;
use protocol::{SessionId, TerminalId};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{AddEventListenerOptions, Blob, ClipboardEvent, DragEvent, Event, File, FileList, HtmlElement};

use super::listeners::Heard;
use super::live_terminal::LiveTerminal;
use super::paste::{paste, paste_clipboard};
use super::post::post;
use crate::browser::carries_files;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::preferences::Preferences;
use crate::model::terminal::Uploaded;
use crate::terminal::quote::quote;

/// Listens for what is put on one terminal, until dropped.
pub struct Drops {
    parent: HtmlElement,
    listeners: Vec<Heard>,
}

impl Drops {
    /// Listens on `parent`, which holds the terminal.
    pub fn on(parent: &HtmlElement, live: &Rc<LiveTerminal>, preferences: Signal<Preferences>) -> Self {
        let mut drops = Self { parent: parent.clone(), listeners: Vec::new() };
        drops.listen("paste", live, |live, event: &ClipboardEvent| pasted(live, event));
        for name in ["dragenter", "dragover"] {
            drops.listen(name, live, |live, event: &DragEvent| held_over(live, event));
        }
        drops.listen("dragleave", live, {
            let parent = parent.clone();
            move |live, event: &DragEvent| {
                let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
                if !parent.contains(to.as_ref()) {
                    live.state().dropping.set(false);
                }
            }
        });
        drops.listen("drop", live, |live, event: &DragEvent| dropped(live, event));
        drops.listen("contextmenu", live, move |live, event: &Event| {
            if preferences.with_untracked(|preferences| preferences.right_click_paste) {
                event.prevent_default();
                event.stop_propagation();
                paste_clipboard(live);
            }
        });
        drops
    }

    /// Hears an event before xterm.js does.
    fn listen<E: JsCast>(
        &mut self,
        name: &'static str,
        live: &Rc<LiveTerminal>,
        handle: impl Fn(&LiveTerminal, &E) + 'static,
    ) {
        let live: Weak<LiveTerminal> = Rc::downgrade(live);
        let listener = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            if let Some(live) = live.upgrade() {
                handle(&live, event.unchecked_ref());
            }
        });
        let options = AddEventListenerOptions::new();
        options.set_capture(true);
        // Fails for no name and no function that we have.
        let _ = self.parent.add_event_listener_with_callback_and_add_event_listener_options(
            name,
            listener.as_ref().unchecked_ref(),
            &options,
        );
        self.listeners.push((name, listener));
    }
}

impl Drop for Drops {
    fn drop(&mut self) {
        for (name, listener) in &self.listeners {
            let _ =
                self.parent.remove_event_listener_with_callback_and_bool(name, listener.as_ref().unchecked_ref(), true);
        }
    }
}

fn pasted(live: &LiveTerminal, event: &ClipboardEvent) {
    event.prevent_default();
    event.stop_propagation();
    let Some(data) = event.clipboard_data() else { return };
    let has_markup = data.types().includes(&"text/html".into(), 0);
    let files = data.files().map(|files| list(&files)).unwrap_or_default();
    // Word processors put a picture of a text beside it.
    if files.is_empty() || has_markup {
        // Fails for no format but none at all.
        paste(live, &data.get_data("text/plain").unwrap_or_default());
    } else {
        upload(live, files);
    }
}

fn held_over(live: &LiveTerminal, event: &DragEvent) {
    if carries_files(event) {
        event.prevent_default();
        if let Some(data) = event.data_transfer() {
            data.set_drop_effect("copy");
        }
        live.state().dropping.set(true);
    }
}

fn dropped(live: &LiveTerminal, event: &DragEvent) {
    live.state().dropping.set(false);
    let Some(data) = event.data_transfer() else { return };
    event.prevent_default();
    event.stop_propagation();
    let files = data.files().map(|files| list(&files)).unwrap_or_default();
    if files.is_empty() {
        paste(live, &data.get_data("text/plain").unwrap_or_default());
    } else {
        upload(live, files);
    }
}

fn list(files: &FileList) -> Vec<(String, Blob)> {
    let file = |index| files.get(index).map(|file: File| (file.name(), file.unchecked_into()));
    (0..files.length()).filter_map(file).collect()
}

/// What a pasted image without a name is called.
pub fn pasted_name(media_type: &str) -> String {
    let ending = media_type.strip_prefix("image/").filter(|ending| ending.chars().all(|c| c.is_ascii_alphanumeric()));
    format!("pasted.{}", ending.unwrap_or("png"))
}

thread_local! {
    /// Files that wait for those before them, of all terminals: an uplink is narrow.
    static WAITING: RefCell<VecDeque<(Weak<LiveTerminal>, String, Blob)>> = const { RefCell::new(VecDeque::new()) };
    static BUSY: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Uploads files, one after the other, and types the path of each.
pub fn upload(live: &LiveTerminal, files: Vec<(String, Blob)>) {
    let Some(live) = live.this() else { return };
    let count = u32::try_from(files.len()).unwrap_or(u32::MAX);
    let _ = live.state().uploads.try_update(|uploads| *uploads += count);
    WAITING.with_borrow_mut(|waiting| {
        waiting.extend(files.into_iter().map(|(name, file)| (Rc::downgrade(&live), name, file)));
    });
    if BUSY.replace(true) {
        return;
    }
    spawn_local(async {
        while let Some((live, name, file)) = WAITING.with_borrow_mut(VecDeque::pop_front) {
            // Its terminal may be gone.
            let Some(live) = live.upgrade() else { continue };
            let place = live.place();
            let sent = send(place, &name, &file).await.and_then(|path| quoted(&path));
            let state = live.state();
            match sent {
                Ok(path) => paste(&live, &format!("{path} ")),
                Err(error) => state.toasts.fail(&format!("“{name}” was not uploaded"), &error),
            }
            let _ = state.uploads.try_update(|uploads| *uploads = uploads.saturating_sub(1));
        }
        BUSY.set(false);
    });
}

async fn send((session, terminal): (SessionId, TerminalId), name: &str, file: &Blob) -> Result<String, ApiError> {
    // Said before anything is sent; a browser tells of a refusal in the middle as a broken connection.
    if file.size() > MAX_UPLOAD as f64 {
        return Err(ApiError::new(ErrorCode::ValidationError, "It is larger than 100 MiB."));
    }
    let name = String::from(js_sys::encode_uri_component(name));
    let address = format!("/api/terminal/{session}-{terminal}/uploads?name={name}");
    let media_type =
        Some(file.type_()).filter(|kind| !kind.is_empty()).unwrap_or("application/octet-stream".to_owned());
    let uploaded: Uploaded = post(&address, &media_type, file).await?;
    Ok(uploaded.path)
}

fn quoted(path: &str) -> Result<String, ApiError> {
    quote(path).ok_or_else(|| ApiError::new(ErrorCode::Internal, "The server named a place that can't be typed."))
}
