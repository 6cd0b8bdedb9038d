//! Signing in and out, by a form that works without scripts.

use ::app::model::account::{Email, MAX_PASSWORD, SignInWay};
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use maud::{Markup, html};
use serde::Deserialize;
use std::net::IpAddr;

use super::client_address::From;
use super::error::{HttpError, rate_limit_headers};
use super::extract::Parameters;
use super::plain::{self, MAX_FORM, Told};
use super::{oidc, setup};
use crate::app::App;
use crate::auth::{Caller, Refused, SignInError, Standing, Who, too_many_attempts};
use crate::database::StoredPerson;
use crate::settings::Settings;

/// Where people sign in.
pub(super) const PATH: &str = "/sign-in";
/// The longest address to go to afterwards, bytes.
const MAX_NEXT: usize = 2048;

pub(super) fn router() -> Router<App> {
    let form = get(show).post(submit).layer(DefaultBodyLimit::max(MAX_FORM));
    Router::new().route(PATH, form).route("/sign-out", post(sign_out))
}

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    email: String,
    password: String,
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

/// The page, with where to go then in its address; never an account or a password, which addresses keep.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    next: String,
}

async fn show(
    State(app): State<App>,
    From(address): From,
    headers: HeaderMap,
    Parameters(shown): Parameters<Shown>,
) -> Result<Response, HttpError> {
    if !app.auth.is_set_up().await? {
        return Ok(Redirect::to(setup::PATH).into_response());
    }
    match app.auth.who(&headers, address).await? {
        Who::Caller(_) => Ok(Redirect::to(next(&shown.next)).into_response()),
        Who::Refused(email, why) => Ok(refuse(true, &email, why)),
        Who::Nobody => Ok(page(&app.settings.current(), StatusCode::OK, "", &shown.next, &Told::Nothing)),
    }
}

async fn submit(
    State(app): State<App>,
    From(address): From,
    headers: HeaderMap,
    form: Result<Form<Wanted>, FormRejection>,
) -> Result<Response, HttpError> {
    let Form(wanted) = form.map_err(malformed)?;
    let settings = app.settings.current();
    if !settings.passwords {
        let told = Told::Failed("Nobody signs in here with a password.".into());
        return Ok(page(&settings, StatusCode::FORBIDDEN, "", &wanted.next, &told));
    }
    let standing = app.auth.attempts.count(address);
    if let Some(wait) = standing.retry_after {
        return Ok(too_many(&settings, &wanted, wait, standing));
    }
    let person = match app.auth.check(&wanted.email, &wanted.password, &address.to_string()).await {
        Ok(person) => person,
        Err(SignInError::Database(error)) => return Err(error.into()),
        Err(SignInError::TooMany(wait)) => {
            return Ok(too_many(
                &settings,
                &wanted,
                wait,
                Standing { retry_after: Some(wait), remaining: 0, ..standing },
            ));
        }
        Err(SignInError::Busy) => {
            let told = Told::Failed("Many people are signing in at this moment. Try again in a few seconds.".into());
            return Ok(page(&settings, StatusCode::SERVICE_UNAVAILABLE, &wanted.email, &wanted.next, &told));
        }
        Err(error @ (SignInError::Wrong | SignInError::Blocked)) => {
            // What is no email may be a password in the wrong field.
            let target = wanted.email.parse::<Email>().map(String::from).unwrap_or_default();
            app.audit.record_nobody("sign_in.failed", &target, address).await;
            let told = Told::Failed(match error {
                SignInError::Blocked => "This account is blocked. Ask an administrator.".into(),
                _ => "The email or the password is wrong.".into(),
            });
            let mut response = page(&settings, StatusCode::UNAUTHORIZED, &wanted.email, &wanted.next, &told);
            response.headers_mut().extend(rate_limit_headers(standing));
            return Ok(response);
        }
    };
    match welcome_in(&app, &person, SignInWay::Password, &headers, address).await? {
        Some(cookie) => Ok(([(header::SET_COOKIE, cookie)], Redirect::to(next(&wanted.next))).into_response()),
        None => {
            let told = Told::Failed("The email or the password is wrong.".into());
            Ok(page(&settings, StatusCode::UNAUTHORIZED, &wanted.email, &wanted.next, &told))
        }
    }
}

/// Signs a person in whose right to it was seen, and notes it. None when they lost it meanwhile.
pub(super) async fn welcome_in(
    app: &App,
    person: &StoredPerson,
    way: SignInWay,
    headers: &HeaderMap,
    address: IpAddr,
) -> Result<Option<HeaderValue>, HttpError> {
    let Some(cookie) = app.auth.sign_in(person, way, headers, address).await? else { return Ok(None) };
    app.audit.record(&person.actor(address.to_string()), "sign_in", person.email.as_str()).await;
    Ok(Some(cookie))
}

async fn sign_out(State(app): State<App>, request: Request) -> Result<Response, HttpError> {
    let Some(Some(caller)) = request.extensions().get::<Option<Caller>>() else {
        return Err(HttpError::not_signed_in());
    };
    let cookie = app.auth.sign_out(&caller.credential).await?;
    app.audit.record(&caller.actor, "sign_out", &caller.actor.email).await;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(PATH)).into_response())
}

/// What somebody is told for whom another vouches, and who may not come in: on a page, or as an error.
pub(super) fn refuse(is_page: bool, email: &Email, why: Refused) -> Response {
    let told = why_refused(why);
    if !is_page {
        return HttpError::forbidden(told).into_response();
    }
    let body = html! {
        div class="card" {
            h1 { "You can't come in" }
            p role="alert" { (told) }
            p class="quiet" { "You are " (email) "." }
        }
    };
    plain::centered(StatusCode::FORBIDDEN, "Sign in", &body)
}

/// In words for the person.
fn why_refused(why: Refused) -> &'static str {
    match why {
        Refused::Stranger => "There is no account with this address here. Ask an administrator for an invitation.",
        Refused::Blocked => "This account is blocked. Ask an administrator.",
        Refused::Taken => "The account with this address is another person's. Ask an administrator.",
    }
}

/// A form that can't be read.
pub(super) fn malformed(error: FormRejection) -> HttpError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return HttpError::too_large(MAX_FORM as u64);
    }
    HttpError::malformed(format!("The form can't be used: {}.", error.body_text()))
}

fn too_many(settings: &Settings, wanted: &Wanted, wait: std::time::Duration, standing: Standing) -> Response {
    let told = Told::Failed(too_many_attempts(wait));
    let mut response = page(settings, StatusCode::TOO_MANY_REQUESTS, &wanted.email, &wanted.next, &told);
    response.headers_mut().extend(rate_limit_headers(standing));
    response
}

/// `wanted` if it is a path on this site, else the front page. A browser takes `//host` and `/\host` for
/// another host, and drops tabs and line breaks before it looks.
pub(super) fn next(wanted: &str) -> &str {
    let is_path = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && wanted.len() <= MAX_NEXT
        && wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && wanted.split(['?', '#']).next() != Some(PATH);
    if is_path { wanted } else { "/" }
}

/// For a value in a query: all but letters, digits and what is never special, as `%XX`.
pub(super) fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

/// The sign-in page, with every way that the settings allow.
pub(super) fn page(settings: &Settings, status: StatusCode, email: &str, to: &str, told: &Told) -> Response {
    let to = next(to);
    let body = html! {
        div class="card" {
            h1 { "Sign in" }
            (told.markup())
            @if let Some(provider) = &settings.oidc {
                a class="button button-primary" href=(format!("{}?next={}", oidc::BEGIN, encode(to))) {
                    "Sign in with " (provider.name())
                }
                @if settings.passwords { p class="or quiet" { "or" } }
            }
            @if settings.passwords {
                (password_form(email, to, settings.oidc.is_none()))
            } @else if settings.oidc.is_none() {
                p { "People are signed in here by the proxy that they come through." }
                p { a class="button" href=(to) { "Try again" } }
            }
        }
    };
    plain::centered(status, "Sign in", &body)
}

/// The form, with a button that stands out where it `is_first` among the ways in.
fn password_form(email: &str, to: &str, is_first: bool) -> Markup {
    let (email_input, password_input) = (
        html! {
            input type="email" name="email" value=(email) autocomplete="username" autocapitalize="none"
                spellcheck="false" maxlength="254" required autofocus[email.is_empty()];
        },
        html! {
            input type="password" name="password" autocomplete="current-password" maxlength=(MAX_PASSWORD)
                required autofocus[!email.is_empty()];
        },
    );
    let button = if is_first { "button button-primary" } else { "button" };
    html! {
        form class="stack" method="post" action=(PATH) {
            (plain::field("Email", &email_input, None))
            (plain::field("Password", &password_input, None))
            input type="hidden" name="next" value=(to);
            button class=(button) type="submit" { "Sign in" }
            p class="quiet" { "Forgotten? An administrator can make a new link for you, also with "
                code { "berth admin link" } " on the server." }
        }
    }
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
            "/sign-in?next=x",
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
