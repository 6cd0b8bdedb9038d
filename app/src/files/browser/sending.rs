//! Sends what the queue says, for as long as the page is open: also while nobody looks at the files.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use js_sys::Math;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, XmlHttpRequest};

use super::module;
use super::request::{Failure, Request, fault};
use crate::contexts::panels::Panels;
use crate::files::address;
use crate::files::uploads::{Act, Answer, Command, Event, ItemId, New, Queue};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::storage::{At, BeginUpload, Stored, Upload};
use crate::time::now_ms;

/// How often the queue is shown anew: a thousand small files change it thousands of times.
const SHOW_AFTER: Duration = Duration::from_millis(100);
/// Below this many bytes a file has no progress to speak of.
const LEAST_PROGRESS: u64 = 256 << 10;

const BYTES: (&str, &str) = ("content-type", "application/octet-stream");
const JSON: (&str, &str) = ("content-type", "application/json");

thread_local! {
    /// The queue, and the owner of its signals, which lasts as long as the page.
    static UPLOADS: OnceCell<(Owner, Uploads)> = const { OnceCell::new() };
    /// The bytes of files that are not there yet.
    static FILES: RefCell<HashMap<ItemId, Blob>> = RefCell::default();
    /// Whether the queue will be shown anew in a moment.
    static STALE: Cell<bool> = const { Cell::new(false) };
    /// Requests under way.
    static REQUESTS: RefCell<HashMap<ItemId, XmlHttpRequest>> = RefCell::default();
}

/// The page's uploads.
#[derive(Debug, Clone, Copy)]
pub struct Uploads {
    pub queue: RwSignal<Queue>,
    /// Tells of each file that is there.
    pub landed: RwSignal<Option<At>>,
}

impl Uploads {
    pub fn get() -> Self {
        UPLOADS.with(|cell| {
            cell.get_or_init(|| {
                let panels = Panels::get();
                let owner = of_the_page();
                let uploads = owner.with(|| {
                    let uploads = Self { queue: RwSignal::new(Queue::default()), landed: RwSignal::new(None) };
                    uploads.follow_window();
                    Effect::new(move |was: Option<usize>| {
                        let count = uploads.queue.with(|queue| queue.asking().map_or(0, |(_, count)| count));
                        if was != Some(count) {
                            panels.questions.set(count);
                        }
                        count
                    });
                    uploads
                });
                (owner, uploads)
            })
            .1
        })
    }

    fn follow_window(self) {
        // Both for as long as the page.
        let _ = window_event_listener(leptos::ev::online, move |_| {
            let commands = self.change(Queue::hurry).unwrap_or_default();
            self.run_all(commands);
        });
        let _ = window_event_listener(leptos::ev::beforeunload, move |event| {
            if self.queue.with_untracked(|queue| queue.totals().open > 0) {
                event.prevent_default();
            }
        });
    }

    /// Makes something that lasts as long as the page, whoever asks for it.
    pub fn keep<T>(self, make: impl FnOnce() -> T) -> T {
        UPLOADS.with(|cell| match cell.get() {
            Some((owner, _)) => owner.with(make),
            None => make(),
        })
    }

    /// Changes the queue; whoever shows it is told in a moment.
    fn change<T>(self, change: impl FnOnce(&mut Queue) -> T) -> Option<T> {
        if !STALE.replace(true) {
            set_timeout(
                move || {
                    STALE.set(false);
                    self.queue.notify();
                },
                SHOW_AFTER,
            );
        }
        self.queue.try_update_untracked(change)
    }

    /// Sends files, behind those that wait.
    pub fn add(self, files: Vec<(New, Blob)>) {
        let (new, blobs): (Vec<_>, Vec<_>) = files.into_iter().unzip();
        let ids = self.queue.try_update(|queue| queue.add(new)).unwrap_or_default();
        FILES.with_borrow_mut(|files| files.extend(ids.into_iter().zip(blobs)));
        self.start();
    }

    pub fn answer(self, id: ItemId, answer: Answer, all: bool) {
        self.queue.update(|queue| queue.answer(id, answer, all));
        self.start();
    }

    pub fn cancel(self, id: ItemId) {
        let forget = self.queue.try_update(|queue| queue.cancel(id)).flatten();
        if let Some(request) = REQUESTS.with_borrow_mut(|requests| requests.remove(&id)) {
            // Nothing happens to one that is over.
            let _ = request.abort();
        }
        self.run_all(forget);
        self.start();
    }

    pub fn cancel_all(self) {
        let open = self.queue.with_untracked(|queue| {
            queue.items().iter().filter(|item| !item.state.is_over()).map(|item| item.id).collect::<Vec<_>>()
        });
        // From the last, so that none is begun in between.
        open.into_iter().rev().for_each(|id| self.cancel(id));
    }

    pub fn retry(self, id: ItemId) {
        self.queue.update(|queue| queue.retry(id));
        self.start();
    }

    /// Forgets what is over.
    pub fn clear(self) {
        self.queue.update(Queue::clear);
        FILES.with_borrow_mut(|files| {
            files.retain(|id, _| self.queue.with_untracked(|queue| queue.get(*id).is_some()));
        });
    }

    fn start(self) {
        let commands = self.change(Queue::start).unwrap_or_default();
        self.run_all(commands);
    }

    fn run_all(self, commands: impl IntoIterator<Item = Command>) {
        for command in commands {
            spawn_local(self.run(command));
        }
    }

    fn tell(self, item: ItemId, attempt: u32, event: Event) -> Option<Command> {
        self.change(|queue| queue.happened(item, attempt, event, now_ms(), Math::random())).flatten()
    }

    /// Does what a command says, and all that follows from it.
    async fn run(self, mut command: Command) {
        loop {
            let Command { item, attempt, .. } = command;
            let Some(event) = self.act(&command).await else { return };
            let is_late = !self.is_wanted(&command);
            let landed = match &event {
                Event::Stored(stored) => Some(stored.at.clone()),
                _ => None,
            };
            let next = self.tell(item, attempt, event);
            if landed.is_some() {
                FILES.with_borrow_mut(|files| files.remove(&item));
                // Called off too late, and begun again since: it is there without that.
                if is_late && let Some(request) = REQUESTS.with_borrow_mut(|requests| requests.remove(&item)) {
                    // Nothing happens to one that is over.
                    let _ = request.abort();
                }
                self.landed.set(landed);
            }
            self.start();
            match next {
                Some(next) => command = next,
                None => return,
            }
        }
    }

    async fn act(self, command: &Command) -> Option<Event> {
        let item = command.item;
        if let Act::Abort { upload } = &command.act {
            let this = serde_json::json!({ "upload": upload });
            // The server forgets it by itself too, only later.
            let _ = self.json::<()>("POST", address::ABORT, &this).await;
            return None;
        }
        if !self.is_wanted(command) {
            return None;
        }
        let (at, size, clash, even_protected) = self.queue.with_untracked(|queue| {
            queue.get(item).map(|item| (item.at.clone(), item.size, item.clash, item.even_protected))
        })?;
        Some(match &command.act {
            Act::Wait { ms } => {
                TimeoutFuture::new(*ms).await;
                Event::Waited
            }
            Act::Store => {
                let Some(blob) = file(item) else { return Some(without_bytes()) };
                let address = address::upload(&at, clash, even_protected);
                self.bytes(command, &address, &[BYTES], &blob, size >= LEAST_PROGRESS)
                    .await
                    .map_or_else(failed, Event::Stored)
            }
            Act::Begin => {
                let begin = BeginUpload { at, size, clash, even_protected };
                self.json("POST", address::BEGIN, &begin).await.map_or_else(failed, Event::Parts)
            }
            Act::Part { upload, number, from, to } => {
                // Slices of files are as large as floats can say exactly.
                let part = file(item).and_then(|file| file.slice_with_f64_and_f64(*from as f64, *to as f64).ok());
                let Some(part) = part else { return Some(without_bytes()) };
                let digest = digest(&part).await;
                // Hashing takes a moment, in which it may have been called off.
                if !self.is_wanted(command) {
                    return None;
                }
                self.tell(item, command.attempt, Event::Hashed);
                let address = address::part(upload, *number);
                let digest = digest.map(|digest| format!("sha-256=:{digest}:"));
                let digest = digest.as_deref().map(|digest| ("content-digest", digest));
                let headers: Vec<_> = std::iter::once(BYTES).chain(digest).collect();
                self.bytes::<Upload>(command, &address, &headers, &part, true).await.map_or_else(failed, Event::Parts)
            }
            Act::Status { upload } => {
                self.json("GET", &address::status(upload), &()).await.map_or_else(failed, Event::Parts)
            }
            Act::Complete { upload } => {
                let this = serde_json::json!({ "upload": upload });
                let stored: Result<Stored, Failure> = self.json("POST", address::COMPLETE, &this).await;
                stored.map_or_else(failed, Event::Stored)
            }
            // Done above.
            Act::Abort { .. } => return None,
        })
    }

    fn is_wanted(self, command: &Command) -> bool {
        self.queue.with_untracked(|queue| queue.is_wanted(command.item, command.attempt))
    }

    async fn bytes<T: DeserializeOwned>(
        self,
        command: &Command,
        address: &str,
        headers: &[(&str, &str)],
        body: &Blob,
        tells: bool,
    ) -> Result<T, Failure> {
        let (item, attempt) = (command.item, command.attempt);
        let progress = move |bytes| {
            let _ = self.tell(item, attempt, Event::Progress(bytes));
        };
        let request =
            Request::send("POST", address, headers, body, tells.then_some(progress)).map_err(|error| fault(&error))?;
        let handle = request.handle();
        REQUESTS.with_borrow_mut(|requests| requests.insert(item, handle.clone()));
        let answer = request.answer().await;
        REQUESTS.with_borrow_mut(|requests| {
            if requests.get(&item) == Some(&handle) {
                requests.remove(&item);
            }
        });
        answer
    }

    async fn json<T: DeserializeOwned>(
        self,
        method: &str,
        address: &str,
        body: &impl serde::Serialize,
    ) -> Result<T, Failure> {
        let body = if method == "GET" { None } else { serde_json::to_string(body).ok() };
        let body = body.map_or(JsValue::NULL, |body| JsValue::from_str(&body));
        Request::send(method, address, &[JSON], &body, None::<fn(u64)>).map_err(|error| fault(&error))?.answer().await
    }
}

/// An owner without one above it, whose end would be its own.
fn of_the_page() -> Owner {
    let current = Owner::current();
    // Becomes the current one.
    let owner = Owner::new_root(Owner::current_shared_context());
    if let Some(current) = current {
        current.set();
    }
    owner
}

fn file(item: ItemId) -> Option<Blob> {
    FILES.with_borrow(|files| files.get(&item).cloned())
}

/// Nothing can be sent of a file that is let go.
fn without_bytes() -> Event {
    Event::Refused(ApiError::new(ErrorCode::ValidationError, "The page no longer has the file. Choose it once more."))
}

async fn digest(part: &Blob) -> Option<String> {
    let module = module::load().await.ok()?;
    JsFuture::from(module.sha256(part)).await.ok()?.as_string()
}

fn failed(failure: Failure) -> Event {
    match failure {
        Failure::Cut => Event::Cut,
        Failure::Refused(error) => Event::Refused(error),
    }
}
