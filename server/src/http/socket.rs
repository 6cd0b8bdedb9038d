//! The terminal's socket as a route. Everything about it is in [`crate::terminal`].

use app::backend::Actor;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::error::HttpError;
use crate::app::App;
use crate::{auth, terminal};

/// Where a terminal's socket opens. Refusals are close codes, so [`super::guard`] leaves it alone.
pub const SOCKET_ROUTE: &str = "/api/terminal/{address}/ws";

pub(super) async fn open(
    State(app): State<App>,
    Path(address): Path<String>,
    request: Request,
) -> Result<Response, HttpError> {
    let actor = request.extensions().get::<Option<Actor>>().cloned().flatten();
    let origin_is_allowed = auth::origin_is_allowed(request.headers(), &app.config);
    terminal::upgrade(&app.sockets, &address, actor, origin_is_allowed, request)
        .await
        .map_err(|terminal::NotASocket| HttpError::malformed("Only a WebSocket opens here."))
}
