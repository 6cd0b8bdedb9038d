//! Pages: those that Leptos renders, and the two plain ones that must work without it.

use std::sync::Arc;

use app::backend::RequestContext;
use app::model::error::ApiError;
use app::model::preferences::Preferences;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{Method, StatusCode, header};
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes as _, ResponseOptions};

use super::error::HttpError;
use super::request::RequestId;
use super::{assets, guard, security_headers};
use crate::app::App;
use crate::auth::Caller;

/// Adds every page and every server function.
pub(super) fn add(router: Router<App>, app: &App) -> Router<App> {
    let routes = leptos_axum::generate_route_list(app::App);
    let options = app.leptos.clone();
    router.leptos_routes_with_context(app, routes, context(app), move || app::shell(options.clone()))
}

/// Whatever no route answers: a file of the site, or the page that says there is no such page.
pub(super) async fn fallback(State(app): State<App>, request: Request) -> Result<Response, HttpError> {
    let path = request.uri().path();
    if assets::is_asset(path) {
        return assets::serve(&app.site_root, request).await;
    }
    let wants_page = matches!(*request.method(), Method::GET | Method::HEAD) && !guard::is_for_programs(path);
    if !wants_page {
        return Err(HttpError::not_found("address"));
    }
    let options = app.leptos.clone();
    let render =
        leptos_axum::render_app_to_stream_in_order_with_context(context(&app), move || app::shell(options.clone()));
    let mut response = render(request).await.into_response();
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(response)
}

/// What each rendering and each server function finds in Leptos' context.
fn context(app: &App) -> impl Fn() + Clone + Send + Sync + 'static {
    let (sessions, preferences) = (Arc::clone(&app.sessions), Arc::clone(&app.preferences));
    let storage = Arc::clone(&app.storage);
    let reload_port = std::env::var_os("LEPTOS_WATCH").map(|_| app.leptos.reload_port);
    move || {
        let extensions = use_context::<Parts>().map(|parts| parts.extensions).unwrap_or_default();
        let request_id = extensions.get::<RequestId>().map(|id| id.as_str().to_owned()).unwrap_or_default();
        let actor = extensions.get::<Option<Caller>>().cloned().flatten().map(|caller| caller.actor);
        let preferred = extensions.get::<Preferences>().cloned().unwrap_or_default();
        let (sessions, preferences) = (Arc::clone(&sessions), Arc::clone(&preferences));
        let storage = Arc::clone(&storage);
        provide_context(RequestContext { actor, request_id, sessions, preferences, storage, preferred });
        // Server functions have no nonce, and their answers need no policy of their own.
        if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
            && let Some(policy) = security_headers::policy_with_nonce(&nonce, reload_port)
        {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// A page around `body`, for what must work before and without the app. `title` and `body` are HTML.
pub(super) fn document(title: &str, body: &str) -> String {
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Berth</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/pkg/berth.css">
</head>
<body>
<main class="centered-page">
{body}
</main>
</body>
</html>
"#
    )
}

/// The page of an error that a person meets.
pub(super) fn plain_error(error: &ApiError) -> String {
    let (told, id) = (escape(&error.error), escape(&error.request_id));
    let body = format!(
        r#"<div class="card">
<h1>This did not work</h1>
<p role="alert">{told}</p>
<p><small>Request {id}</small></p>
<p><a class="button button-primary" href="/">To the sessions</a></p>
</div>"#
    );
    document("Error", &body)
}

/// `text` as HTML shows it, in an element or a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
        escaped
    })
}
