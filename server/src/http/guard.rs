//! Who may reach a route. Closed unless a path is listed here as open, so that a route that is added
//! later needs a cookie without anybody's remembering it.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, Method, header};

use super::error::HttpError;
use super::{SOCKET_ROUTE, assets, client_address, landing, oidc, setup, sign_in, welcome};
use crate::app::App;
use crate::auth::{self, Area, Caller, Who};

/// What a route wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Nothing: it tells nobody anything that is not public.
    Open,
    /// The setup token, which it checks itself; once there is an administrator, their cookie.
    Setup,
    /// A cookie and an Origin, or a token; it checks them itself, and refuses with close codes.
    Socket,
    /// A cookie or a token; programs are told so in JSON.
    Program,
    /// A cookie; people are sent to sign in.
    Page,
}

pub(super) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Result<Response, HttpError> {
    let mut access = access(&request);
    if access == Access::Setup && app.auth.is_set_up().await? {
        access = if is_for_programs(request.uri().path()) { Access::Program } else { Access::Page };
    }
    if access == Access::Open {
        if !may_be_obeyed(&app, &request) {
            return Err(foreign());
        }
        request.extensions_mut().insert::<Option<Caller>>(None);
        return Ok(next.run(request).await);
    }
    // When the database can't tell, a socket's handshake fails, which a page takes for a reason to try again.
    let address = client_address::of(request.extensions());
    let (caller, refused) = match app.auth.who(request.headers(), address).await? {
        Who::Caller(mut caller) => {
            caller.actor.address = address.to_string();
            (Some(caller), None)
        }
        Who::Refused(email, why) => (None, Some((email, why))),
        Who::Nobody => (None, None),
    };
    if access == Access::Setup && !may_be_obeyed(&app, &request) {
        return Err(foreign());
    }
    if matches!(access, Access::Socket | Access::Setup) {
        request.extensions_mut().insert(caller);
        return Ok(next.run(request).await);
    }
    let Some(caller) = caller else {
        return match refused {
            Some((email, why)) => Ok(sign_in::refuse(access == Access::Page, &email, why)),
            None => turn_away(&app, access, request.into_parts().0).await,
        };
    };
    if caller.actor.access == app::backend::Access::Browser && !may_be_obeyed(&app, &request) {
        return Err(foreign());
    }
    if !auth::may(&caller.actor, Area::of(request.uri().path()), changes_nothing(&request)) {
        return Err(HttpError::forbidden(match caller.actor.access {
            app::backend::Access::Token(_) => "This token's scopes don't allow this.",
            _ => "Only administrators may do this.",
        }));
    }
    if access == Access::Page {
        // So that the first paint has the person's colours. Without them the page is the default's.
        match app.preferences.get(&caller.actor).await {
            Ok(preferences) => drop(request.extensions_mut().insert(preferences)),
            Err(error) => tracing::warn!(%error, "a page is rendered without its person's preferences"),
        }
    }
    request.extensions_mut().insert(Some(caller));
    let mut response = next.run(request).await;
    // What one person was told is nobody else's, nor theirs once they have signed out.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(http::HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Whether a request over a cookie may be obeyed: writes and sockets come from the server's own pages only.
fn may_be_obeyed(app: &App, request: &Request) -> bool {
    changes_nothing(request) || auth::origin_is_allowed(request.headers(), &app.settings.current())
}

fn changes_nothing(request: &Request) -> bool {
    is_read(request.method()) && !is_socket(request.headers())
}

fn foreign() -> HttpError {
    HttpError::forbidden("This request came from a page of another site, or from no page at all.")
}

/// The answer to whoever is not signed in.
async fn turn_away(app: &App, access: Access, request: Parts) -> Result<Response, HttpError> {
    if access != Access::Page || !is_read(&request.method) {
        return Err(HttpError::not_signed_in());
    }
    if !app.auth.is_set_up().await? {
        return Ok(Redirect::to(setup::PATH).into_response());
    }
    if request.uri.path() == "/" && app.waitlist.is_open().await? {
        return Ok(landing::show(app, &request.uri));
    }
    // A setup link that was used leads an administrator on, without its token.
    let is_setup = request.uri.path() == setup::PATH;
    let target = if is_setup { http::Uri::from_static(setup::PATH) } else { request.uri };
    Ok(Redirect::to(&sign_in::address_for(&target)).into_response())
}

/// What programs may ask without a credential.
const PUBLIC: [&str; 2] = ["/public/onboarding-config", "/public/waitlist"];

fn access(request: &Request) -> Access {
    let path = request.uri().path();
    let is_open = matches!(
        path,
        "/health"
            | sign_in::PATH
            | oidc::BEGIN
            | oidc::CALLBACK
            | setup::SCRIPT
            | setup::STATUS
            | welcome::PATH
            | landing::PATH
    );
    if is_open || PUBLIC.contains(&path) || assets::is_asset(path) {
        Access::Open
    } else if path == setup::PATH || path.starts_with(setup::API) {
        Access::Setup
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
    ["/api", "/public", "/rpc"]
        .iter()
        .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn is_socket(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}
