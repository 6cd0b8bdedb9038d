//! HTTP: the routes, what surrounds every one of them, and the connections they come in on.
//!
//! From the outside in, a request passes: its id, span and finished answer ([`request`]), the limits on
//! its time and size ([`limits`]), who asks and from where ([`guard`]), then its route. No route has
//! logic of its own: each calls a service.

mod account;
mod admin;
mod assets;
mod client_address;
mod compression;
pub mod controllers;
mod docs;
mod error;
mod extract;
mod guard;
mod health;
mod landing;
mod limits;
mod metrics;
mod oidc;
mod openapi;
mod pages;
mod patience;
mod plain;
mod request;
mod security_headers;
mod serve;
mod setup;
mod sign_in;
mod socket;
mod welcome;

pub use error::HttpError;
pub(crate) use extract::{Id, JsonBody, Named, Parameters, SignedIn, SignedInBy, TerminalAddress};
pub use metrics::serve_metrics;
pub use openapi::document;
pub use request::RequestId;
pub use serve::{Peer, raw_stream, serve, serve_router};
pub(crate) use setup::{SetupCaller, configure};
pub use socket::SOCKET_ROUTE;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;

use crate::app::App;

/// The whole server as one service.
pub fn router(app: App) -> Router {
    let (api, document) = openapi::router().split_for_parts();
    let router = api
        .merge(docs::router(&document))
        .merge(setup::router())
        .merge(sign_in::router())
        .merge(oidc::router())
        .merge(welcome::router())
        .merge(landing::router())
        .merge(account::router())
        .merge(admin::router())
        .route("/health", get(health::alive))
        .route(SOCKET_ROUTE, get(socket::open));
    pages::add(router, &app)
        .fallback(pages::fallback)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(compression::layer())
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .layer(from_fn(limits::limits))
        .layer(from_fn_with_state(app.clone(), request::request))
        .with_state(app)
}
