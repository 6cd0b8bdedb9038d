//! Changes of sessions as the server tells them: server-sent events, followed for as long as the
//! page is seen. A hidden page holds no connection, for a browser grants few to one server.

use std::rc::Rc;

use futures::StreamExt;
use futures::future::{AbortHandle, abortable};
use gloo_net::eventsource::futures::EventSource;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::SessionId;
use serde::Deserialize;

use crate::browser::is_visible;
use crate::model::session::Session;
use crate::terminal::link;
use crate::usage::news::News;

const EVENTS: &str = "/api/sessions/events";
/// The events of the stream, with the browser's own for its beginning.
const KINDS: [&str; 5] = ["open", "session", "deleted", "usage", "runtime"];

/// What came.
pub enum Event {
    /// The stream begins or lost something: what was known before may be out of date.
    Unsure,
    Changed(Session),
    Deleted(SessionId),
    /// What sessions use, or which runtimes are let be.
    News(News),
}

#[derive(Deserialize)]
struct Deleted {
    id: SessionId,
}

/// Follows the sessions until the owner is gone.
pub fn follow(on: impl Fn(Event) + 'static) {
    let on = Rc::new(on);
    let visible = RwSignal::new(is_visible());
    let listener = window_event_listener(leptos::ev::visibilitychange, move |_| visible.set(is_visible()));
    on_cleanup(move || listener.remove());
    Effect::new(move |_| {
        if visible.get() {
            let abort = spawn(run(Rc::clone(&on)));
            on_cleanup(move || abort.abort());
        }
    });
}

/// Runs until it is called off.
pub fn spawn(work: impl Future<Output = ()> + 'static) -> AbortHandle {
    let (work, abort) = abortable(work);
    spawn_local(async move {
        // Aborted is what it should be when the page is hidden or gone.
        let _ = work.await;
    });
    abort
}

/// Listens, and again after each end, with the terminal's ladder between.
async fn run(on: Rc<impl Fn(Event)>) {
    let mut failures = 0_u32;
    loop {
        if listen(&*on).await {
            failures = 0;
        }
        TimeoutFuture::new(link::wait(failures, js_sys::Math::random())).await;
        failures = failures.saturating_add(1);
    }
}

/// Listens to one stream to its end; says whether it ever opened. The browser itself reconnects a
/// stream that breaks, which shows as another `open`.
async fn listen(on: &impl Fn(Event)) -> bool {
    let Ok(mut source) = EventSource::new(EVENTS) else { return false };
    let streams: Result<Vec<_>, _> = KINDS.into_iter().map(|kind| source.subscribe(kind)).collect();
    let Ok(streams) = streams else { return false };
    let mut events = futures::stream::select_all(streams);
    let mut opened = false;
    while let Some(Ok((kind, message))) = events.next().await {
        let data = message.data().as_string().unwrap_or_default();
        on(match kind.as_str() {
            "session" => serde_json::from_str(&data).map_or(Event::Unsure, Event::Changed),
            "deleted" => serde_json::from_str::<Deleted>(&data).map_or(Event::Unsure, |gone| Event::Deleted(gone.id)),
            "usage" => Event::News(News::Usage(data)),
            "runtime" => Event::News(News::Runtime(data)),
            _ => {
                opened = true;
                Event::Unsure
            }
        });
    }
    opened
}
