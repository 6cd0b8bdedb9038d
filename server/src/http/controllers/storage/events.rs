//! `GET /api/storage/events`

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt as _};

use super::Where;
use crate::app::App;
use crate::http::openapi::{Failures, NotFound};
use crate::http::{HttpError, Parameters, SignedInBy};

/// How often a silent stream says that it lives, so that neither a proxy nor the browser gives it up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// An event `changed` soon after something in a folder changed, whoever changed it
///
/// The stream ends when the folder is moved or deleted.
#[utoipa::path(
    get,
    path = "/api/storage/events",
    tag = "storage",
    params(Where),
    responses((status = 200, description = "Events without end", content_type = "text/event-stream", body = String), NotFound, Failures)
)]
pub async fn events(
    State(app): State<App>,
    SignedInBy(caller): SignedInBy,
    Parameters(folder): Parameters<Where>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, HttpError> {
    let changes = app.storage.changes(&caller.actor, &folder.at()).await?;
    let connection = app.auth.live.open(&caller.credential);
    let signed_out = async move { connection.ended().await };
    let events = changes.map(|()| Ok(Event::default().event("changed").data("{}")));
    let events = events.take_until(app.shutdown.token().cancelled_owned()).take_until(Box::pin(signed_out));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
