//! What is pasted or dropped on a terminal. Files are uploaded, and their quoted paths typed.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::upload::MAX_UPLOAD;
use protocol::{SessionId, TerminalId};
use wasm_bindgen::JsCast;
use web_sys::{Blob, ClipboardEvent, DragEvent, Event, File, FileList, HtmlElement};

use super::listeners::Listeners;
use super::live_terminal::LiveTerminal;
use super::paste::{paste, paste_clipboard};
use super::post::post;
use crate::browser::carries_files;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::preferences::Preferences;
use crate::model::terminal::Uploaded;
use crate::terminal::quote::quote;
use crate::terminal::state::TerminalState;

/// Listens for what is put on one terminal, until dropped.
pub struct Drops {
    _listeners: Listeners,
}

impl Drops {
    /// Listens on `parent`, which holds the terminal.
    pub fn on(parent: &HtmlElement, live: &Rc<LiveTerminal>, preferences: Signal<Preferences>) -> Self {
        let mut listeners = Listeners::on(parent);
        listeners.before("paste", with(live, pasted));
        for name in ["dragenter", "dragover"] {
            listeners.before(name, with(live, held_over));
        }
        let within = parent.clone();
        listeners.before(
            "dragleave",
            with(live, move |live, event: &DragEvent| {
                let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
                if !within.contains(to.as_ref()) {
                    live.state().dropping.set(false);
                }
            }),
        );
        listeners.before("drop", with(live, dropped));
        listeners.before(
            "contextmenu",
            with(live, move |live, event: &Event| {
                if preferences.with_untracked(|preferences| preferences.right_click_paste) {
                    event.prevent_default();
                    event.stop_propagation();
                    paste_clipboard(live);
                }
            }),
        );
        Self { _listeners: listeners }
    }
}

/// Hears for a terminal as long as that is there.
fn with<E, F: Fn(&LiveTerminal, &E)>(live: &Rc<LiveTerminal>, hear: F) -> impl Fn(E) + use<E, F> {
    let live = Rc::downgrade(live);
    move |event| {
        if let Some(live) = live.upgrade() {
            hear(&live, &event);
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

/// A file on its way, counted in the terminal's state until dropped. It keeps no terminal alive that was left.
struct Upload {
    live: Weak<LiveTerminal>,
    state: TerminalState,
    name: String,
    file: Blob,
}

impl Upload {
    fn new(live: &Rc<LiveTerminal>, name: String, file: Blob) -> Self {
        let state = live.state();
        let _ = state.uploads.try_update(|uploads| *uploads += 1);
        Self { live: Rc::downgrade(live), state, name, file }
    }

    /// Sends it, and types its path for whoever still looks at the terminal.
    async fn send(self) {
        // Left, it needs no file.
        let Some(place) = self.live.upgrade().map(|live| live.place()) else { return };
        match send(place, &self.name, &self.file).await.and_then(|path| quoted(&path)) {
            Ok(path) => self.live.upgrade().into_iter().for_each(|live| paste(&live, &format!("{path} "))),
            Err(error) => self.state.toasts.fail(&format!("“{}” was not uploaded", self.name), &error),
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // The page may be gone.
        let _ = self.state.uploads.try_update(|uploads| *uploads = uploads.saturating_sub(1));
    }
}

thread_local! {
    /// Files that wait for those before them, of all terminals: an uplink is narrow.
    static WAITING: RefCell<VecDeque<Upload>> = const { RefCell::new(VecDeque::new()) };
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Uploads files, one after the other, and types the path of each.
pub fn upload(live: &LiveTerminal, files: Vec<(String, Blob)>) {
    let Some(live) = live.this() else { return };
    let files = files.into_iter().map(|(name, file)| Upload::new(&live, name, file));
    WAITING.with_borrow_mut(|waiting| waiting.extend(files));
    if BUSY.replace(true) {
        return;
    }
    spawn_local(async {
        while let Some(upload) = WAITING.with_borrow_mut(VecDeque::pop_front) {
            upload.send().await;
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
