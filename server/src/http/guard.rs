//! Who may reach a route. Closed unless a path is listed here as open, so that a route that is added
//! later needs a cookie without anybody's remembering it.

use app::backend::Actor;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{HeaderMap, Method, header};

use super::error::HttpError;
use super::{SOCKET_ROUTE, assets, sign_in};
use crate::app::App;
use crate::auth;

/// What a route wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Nothing: it tells nobody anything that is not public.
    Open,
    /// A cookie and an Origin; it checks both itself, and refuses with close codes.
    Socket,
    /// A cookie; programs are told so in JSON.
    Program,
    /// A cookie; people are sent to sign in.
    Page,
}

pub(super) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Result<Response, HttpError> {
    let access = access(&request);
    if access == Access::Socket {
        // When the database can't tell, the handshake fails, which a page takes for a reason to try again.
        let actor = app.auth.actor(request.headers()).await?;
        request.extensions_mut().insert(actor);
        return Ok(next.run(request).await);
    }
    let actor = if access == Access::Open { None } else { app.auth.actor(request.headers()).await? };
    if actor.is_none() && access != Access::Open {
        return match access {
            Access::Page if is_read(request.method()) => {
                Ok(Redirect::to(&sign_in::address_for(request.uri())).into_response())
            }
            _ => Err(HttpError::not_signed_in()),
        };
    }
    if (!is_read(request.method()) || is_socket(request.headers()))
        && !auth::origin_is_allowed(request.headers(), &app.config)
    {
        return Err(HttpError::forbidden("This request came from a page of another site, or from no page at all."));
    }
    if let (Access::Page, Some(actor)) = (access, &actor) {
        // So that the first paint has the person's colours. Without them the page is the default's.
        match app.preferences.get(actor).await {
            Ok(preferences) => drop(request.extensions_mut().insert(preferences)),
            Err(error) => tracing::warn!(%error, "a page is rendered without its person's preferences"),
        }
    }
    request.extensions_mut().insert::<Option<Actor>>(actor);
    let mut response = next.run(request).await;
    if access != Access::Open {
        // What one person was told is nobody else's, nor theirs once they have signed out.
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(http::HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

fn access(request: &Request) -> Access {
    let path = request.uri().path();
    if matches!(path, "/health" | sign_in::PATH) || assets::is_asset(path) {
        Access::Open
    } else if request.extensions().get::<MatchedPath>().is_some_and(|route| route.as_str() == SOCKET_ROUTE) {
        Access::Socket
    } else if is_for_programs(path) {
        Access::Program
    } else {
        Access::Page
    }
}

/// Whether `path` is one that programs call, and so never answered with a page.
pub(super) fn is_for_programs(path: &str) -> bool {
    ["/api", "/rpc"]
        .iter()
        .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn is_socket(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}
