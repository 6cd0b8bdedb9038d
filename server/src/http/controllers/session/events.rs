//! `GET /api/sessions/events`

use std::convert::Infallible;
use std::time::Duration;

use app::backend::sessions::SessionEvent;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt as _};
use serde_json::json;

use crate::app::App;
use crate::http::SignedInBy;
use crate::http::openapi::Failures;

/// How often a silent stream says that it lives, so that neither a proxy nor the browser gives it up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Changes of your sessions from now on: events `session` with a session, `deleted` with `{"id"}`, `usage` with what
/// running sessions use (every few seconds), `runtime` with the runtimes that are let be for a while
///
/// What they use and which runtimes are let be is told right at the beginning too.
/// A stream that ends has missed something: read the list, then open another.
#[utoipa::path(
    get,
    path = "/api/sessions/events",
    tag = "sessions",
    responses((status = 200, description = "Events without end", content_type = "text/event-stream", body = String), Failures)
)]
pub async fn events(
    State(app): State<App>,
    SignedInBy(caller): SignedInBy,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = app.sessions.events(&caller.actor).map(|event| Ok(to_event(&event)));
    let connection = app.auth.live.open(&caller.credential);
    let signed_out = async move { connection.ended().await };
    let until_the_end = events.take_until(app.shutdown.token().cancelled_owned()).take_until(Box::pin(signed_out));
    Sse::new(until_the_end).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

fn to_event(event: &SessionEvent) -> Event {
    let (name, data) = match event {
        SessionEvent::Changed(session) => ("session", serde_json::to_string(session).unwrap_or_default()),
        SessionEvent::Deleted(id) => ("deleted", json!({ "id": id }).to_string()),
        SessionEvent::Usage(usages) => ("usage", serde_json::to_string(usages).unwrap_or_default()),
        SessionEvent::Runtime(troubles) => ("runtime", serde_json::to_string(troubles).unwrap_or_default()),
    };
    Event::default().event(name).data(data)
}
