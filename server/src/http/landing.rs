//! What strangers see at `/` while the waitlist is open: what this is, and a form by which they ask to be let in.
//! It needs no script, but where Turnstile keeps robots away.

use ::app::model::error::ApiError;
use ::app::model::preferences::Preferences;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use http::{StatusCode, Uri, header};
use maud::{Markup, html};
use serde::Deserialize;

use super::client_address::From;
use super::error::{HttpError, rate_limit_headers};
use super::plain::{self, MAX_FORM, Told};
use super::{security_headers, sign_in};
use crate::accounts::Asked;
use crate::app::App;

/// Where the form goes.
pub(super) const PATH: &str = "/waitlist";
/// Where it leads: the page again, which says so.
const DONE: &str = "/?asked";
/// Where Turnstile's script and its frame come from (developers.cloudflare.com/turnstile, "Content Security Policy").
const TURNSTILE: &str = "https://challenges.cloudflare.com";
const TURNSTILE_SCRIPT: &str = "https://challenges.cloudflare.com/turnstile/v0/api.js";

pub(super) fn router() -> Router<App> {
    // Whoever loads it anew after it was refused comes back to the page.
    let form = get(|| async { Redirect::to("/") }).post(submit);
    Router::new().route(PATH, form.layer(DefaultBodyLimit::max(MAX_FORM)))
}

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    email: String,
    /// No person sees this field; a robot fills in whatever there is.
    homepage: String,
    #[serde(rename = "cf-turnstile-response")]
    token: String,
}

/// The page that stands at `uri`.
pub(super) fn show(app: &App, uri: &Uri) -> Response {
    let has_asked = DONE.strip_prefix("/?") == uri.query();
    page(app, StatusCode::OK, "", &Told::Nothing, has_asked)
}

async fn submit(
    State(app): State<App>,
    From(address): From,
    form: Result<Form<Wanted>, FormRejection>,
) -> Result<Response, HttpError> {
    if !app.waitlist.is_open().await? {
        return Err(HttpError::not_found("address"));
    }
    let Form(wanted) = form.map_err(sign_in::malformed)?;
    let asked = Asked { email: wanted.email, token: wanted.token, is_robot: !wanted.homepage.is_empty() };
    let (standing, outcome) = app.waitlist.ask(&asked, address).await;
    let mut response = match outcome {
        Ok(()) => Redirect::to(DONE).into_response(),
        Err(error) => refused(&app, &asked.email, &error),
    };
    response.headers_mut().extend(rate_limit_headers(standing));
    Ok(response)
}

fn refused(app: &App, email: &str, error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    page(app, status, email, &Told::failed(error), false)
}

fn page(app: &App, status: StatusCode, email: &str, told: &Told, has_asked: bool) -> Response {
    let site_key = app.waitlist.site_key();
    let body = html! {
        header class="bar" {
            a class="brand" href="/" { "Berth" }
            nav class="bar-end" aria-label="Account" { a class="button" href=(sign_in::PATH) { "Sign in" } }
        }
        main class="landing" {
            h1 { "A container of its own for every coding agent, and a browser tab into it" }
            p class="landing-lead" {
                "Open the page, press “New session”, and within a second you have " code { "bash" }
                " in a container with its own process tree, files and limits."
            }
            ul class="landing-points" {
                li { "Close the laptop and come back: the screen is as you left it." }
                li { "Up to six terminals a session, as tabs or as tiles, on a desk or on a phone." }
                li { "Stop a session and start it: its files are there." }
            }
            @if has_asked { (asked()) } @else { (form(site_key, email, told)) }
        }
    };
    let script = site_key.map(|_| TURNSTILE_SCRIPT).filter(|_| !has_asked);
    let mut response = plain::respond(status, "Welcome", &Preferences::default(), &body, script);
    if site_key.is_some()
        && let Some(policy) = security_headers::policy_with_widget(TURNSTILE)
    {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn asked() -> Markup {
    html! {
        section class="card" role="status" aria-labelledby="asked" {
            h2 id="asked" { "You are on the list" }
            p { "An administrator will look at it, and send you a link if you are let in. This server sends no mail itself." }
        }
    }
}

fn form(site_key: Option<&str>, email: &str, told: &Told) -> Markup {
    let input = html! {
        input type="email" name="email" value=(email) autocomplete="email" autocapitalize="none" spellcheck="false"
            maxlength="254" required;
    };
    html! {
        form class="card" method="post" action=(PATH) aria-labelledby="ask" {
            h2 id="ask" { "Ask to be let in" }
            p class="quiet" { "This server is by invitation. Leave your address, and an administrator will look at it." }
            (told.markup())
            (plain::field("Email", &input, None))
            div class="landing-aside" aria-hidden="true" {
                label { "Leave this empty " input name="homepage" tabindex="-1" autocomplete="off"; }
            }
            @if let Some(site_key) = site_key {
                div class="cf-turnstile" data-sitekey=(site_key) {}
                noscript { p class="error" { "Turnstile, which keeps robots away here, needs JavaScript." } }
            }
            button class="button button-primary" type="submit" { "Ask" }
        }
    }
}
