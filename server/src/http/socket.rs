//! The terminal's socket as a route. Everything about it is in [`crate::terminal`].

use app::backend::Access;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::error::HttpError;
use crate::app::App;
use crate::auth::{self, Area, Caller};
use crate::terminal;

/// Where a terminal's socket opens. Refusals are close codes, so [`super::guard`] leaves it alone.
pub const SOCKET_ROUTE: &str = "/api/terminal/{address}/ws";

pub(super) async fn open(
    State(app): State<App>,
    Path(address): Path<String>,
    request: Request,
) -> Result<Response, HttpError> {
    let caller = request.extensions().get::<Option<Caller>>().cloned().flatten();
    // A page can't make a browser send a token, so that whoever brings one is no page.
    let is_token = caller.as_ref().is_some_and(|caller| matches!(caller.actor.access, Access::Token(_)));
    let may = caller.as_ref().is_none_or(|caller| auth::may(&caller.actor, Area::Sessions, false))
        && (is_token || auth::origin_is_allowed(request.headers(), &app.settings.current()));
    terminal::upgrade(&app.sockets, &address, caller, may, request)
        .await
        .map_err(|terminal::NotASocket| HttpError::malformed("Only a WebSocket opens here."))
}
