//! Signing in and out: a page that works without scripts, and a link that needs one click.

use std::net::{IpAddr, Ipv4Addr};

use ::app::model::error::ApiError;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, Form, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde::Deserialize;

use super::Peer;
use super::error::{HttpError, rate_limit_headers};
use super::extract::Parameters;
use super::pages::escape;
use crate::app::App;
use crate::auth::{ADMINISTRATOR, SIGN_IN_TOKEN_FILE};
use crate::database::DatabaseError;

/// Where people sign in.
pub(super) const PATH: &str = "/sign-in";
/// The longest address to go to afterwards, bytes.
const MAX_NEXT: usize = 2048;
/// The longest form, bytes: a token and an address. Anybody may send one.
const MAX_FORM: usize = 8 * 1024;

pub(super) fn router() -> Router<App> {
    let form = get(show).post(submit).layer(DefaultBodyLimit::max(MAX_FORM));
    Router::new().route(PATH, form).route("/sign-out", post(sign_out))
}

/// What the page and its form send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    token: String,
    /// Where to go then.
    next: String,
}

/// The sign-in page's address, from which the person comes back to `uri`.
pub(super) fn address_for(uri: &Uri) -> String {
    match uri.path_and_query().map(|target| target.as_str()) {
        None | Some("/") => PATH.to_owned(),
        Some(target) => format!("{PATH}?next={}", encode(target)),
    }
}

async fn show(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    method: Method,
    headers: HeaderMap,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Response, HttpError> {
    if !wanted.token.is_empty() && method == Method::GET && !is_prefetch(&headers) {
        return attempt(&app, peer, &wanted).await;
    }
    if wanted.token.is_empty() && app.auth.actor(&headers).await?.is_some() {
        return Ok(Redirect::to(next(&wanted.next)).into_response());
    }
    Ok(page(StatusCode::OK, &wanted, None))
}

async fn submit(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    form: Result<Form<Wanted>, axum::extract::rejection::FormRejection>,
) -> Result<Response, HttpError> {
    let Form(wanted) =
        form.map_err(|error| HttpError::malformed(format!("The form can't be used: {}.", error.body_text())))?;
    attempt(&app, peer, &wanted).await
}

async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, HttpError> {
    let cookie = app.auth.sign_out(&headers).await?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(PATH)).into_response())
}

async fn attempt(app: &App, peer: Option<Extension<Peer>>, wanted: &Wanted) -> Result<Response, HttpError> {
    let address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Extension(Peer(peer))| peer.ip());
    // The token is tried first: it can't be guessed, so a right one is let in however many wrong ones came
    // from the same address, which may be a proxy's.
    if !app.auth.token.claim(wanted.token.trim()) {
        let standing = app.auth.attempts.count(address);
        let (status, why) = if standing.retry_after.is_some() {
            (StatusCode::TOO_MANY_REQUESTS, "Too many attempts. Wait a minute, then try again.")
        } else {
            tracing::warn!(%address, "a wrong sign-in token was refused");
            (StatusCode::UNAUTHORIZED, "This token is not good, or not any more: each signs in once.")
        };
        let mut response = page(status, &Wanted { token: String::new(), next: wanted.next.clone() }, Some(why));
        response.headers_mut().extend(rate_limit_headers(standing));
        return Ok(response);
    }
    // In a task of its own: a browser that hangs up drops its request, and the token claimed must be either
    // used or good again, and the next one published.
    let (signing_in, token) = (app.clone(), wanted.token.trim().to_owned());
    let task = app.shutdown.spawn(async move { use_up(&signing_in, &token, address).await });
    let cookie = task.await.map_err(|_| HttpError::from(ApiError::internal()))??;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(next(&wanted.next))).into_response())
}

/// Signs the administrator in with a claimed token, and publishes the next; or makes the token good again.
async fn use_up(app: &App, token: &str, address: IpAddr) -> Result<HeaderValue, DatabaseError> {
    let cookie = app.auth.sign_in(ADMINISTRATOR).await.inspect_err(|_| app.auth.token.restore(token))?;
    let file = app.auth.token.path().display();
    match app.auth.token.publish() {
        Ok(()) => tracing::info!(%address, "the administrator signed in; the next token is in {file}"),
        Err(error) => tracing::error!(%error, "signed in, but the next token can't be written to {file}"),
    }
    Ok(cookie)
}

/// A browser that looks ahead must not use the token up.
fn is_prefetch(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose"]
        .iter()
        .filter_map(|name| headers.get(*name)?.to_str().ok())
        .any(|purpose| purpose.contains("prefetch"))
}

/// `wanted` if it is a path on this site, else the front page. A browser takes `//host` and `/\host` for
/// another host, and drops tabs and line breaks before it looks.
fn next(wanted: &str) -> &str {
    let is_path = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && wanted.len() <= MAX_NEXT
        && wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && wanted.split(['?', '#']).next() != Some(PATH);
    if is_path { wanted } else { "/" }
}

/// For a value in a query: all but letters, digits and what is never special, as `%XX`.
fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

fn page(status: StatusCode, wanted: &Wanted, told: Option<&str>) -> Response {
    let told = told.map(|told| format!(r#"<p class="error" role="alert">{}</p>"#, escape(told))).unwrap_or_default();
    let (token, next) = (escape(&wanted.token), escape(next(&wanted.next)));
    let form = format!(
        r#"<form class="card" method="post" action="{PATH}">
<h1>Sign in</h1>
<p>Berth printed a link with a token when it started. The token that is good now is also in the server’s data directory, in the file <code>{SIGN_IN_TOKEN_FILE}</code>.</p>
{told}
<label class="field"><span>Token</span> <input name="token" value="{token}" autocomplete="off" autocapitalize="none" spellcheck="false" required autofocus></label>
<input type="hidden" name="next" value="{next}">
<button class="button button-primary" type="submit">Sign in</button>
</form>"#
    );
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (status, headers, Html(super::pages::document("Sign in", &form))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_on_this_site_is_gone_to() {
        for path in ["/", "/sessions/abcdefghij01?tab=2#x", "/sign-in-help", "/a%20b"] {
            assert_eq!(next(path), path);
        }
        for elsewhere in [
            "",
            "sessions",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "javascript:x",
            "/a\r\nSet-Cookie: x=y",
            "/é",
            "/sign-in?token=x",
            "/sign-in",
            " /",
        ] {
            assert_eq!(next(elsewhere), "/", "{elsewhere:?}");
        }
        assert_eq!(next(&format!("/{}", "x".repeat(MAX_NEXT))), "/");
    }

    #[test]
    fn the_way_back_survives_the_query() {
        assert_eq!(address_for(&Uri::from_static("/")), "/sign-in");
        assert_eq!(address_for(&Uri::from_static("/a/b?c=d&e=f")), "/sign-in?next=/a/b%3Fc%3Dd%26e%3Df");
    }
}
