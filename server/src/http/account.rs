//! A person's own page: password, browsers, API tokens.

use ::app::backend::Actor;
use ::app::model::account::{ApiToken, ChangePassword, CreateToken, CreatedToken, Scope, SignedInBrowser};
use ::app::model::error::ApiError;
use ::app::model::preferences::Preferences;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Extension, Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, http::StatusCode};
use garde::Validate as _;
use maud::{Markup, html};
use serde::Deserialize;

use super::error::HttpError;
use super::extract::{Parameters, SignedIn};
use super::plain::{self, MAX_FORM, PASSWORD_HELP, Told};
use super::sign_in::malformed;
use crate::app::App;

const PATH: &str = "/account";

pub(super) fn router() -> Router<App> {
    Router::new()
        .route(PATH, get(show))
        .route("/account/password", post(change_password))
        .route("/account/browsers/end-others", post(end_other_browsers))
        .route("/account/browsers/{id}/end", post(end_browser))
        .route("/account/tokens", post(create_token))
        .route("/account/tokens/{id}/revoke", post(revoke_token))
        .layer(DefaultBodyLimit::max(MAX_FORM))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    /// Which form led here, by its word.
    done: String,
}

async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
    Parameters(shown): Parameters<Shown>,
) -> Result<Response, HttpError> {
    let told = match shown.done.as_str() {
        "password" => Told::Done("Your password is changed, and your other browsers are signed out.".into()),
        "browser" => Told::Done("That browser is signed out.".into()),
        "browsers" => Told::Done("Your other browsers are signed out.".into()),
        "token" => Told::Done("The token is revoked.".into()),
        _ => Told::Nothing,
    };
    page(&app, &actor, preferences, &told, None).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PasswordForm {
    current: String,
    new: String,
    again: String,
}

async fn change_password(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
    form: Result<Form<PasswordForm>, FormRejection>,
) -> Result<Response, HttpError> {
    let Form(form) = form.map_err(malformed)?;
    let change = ChangePassword { current: form.current, new: form.new };
    let changed = if change.new != form.again {
        Err(ApiError::new(::app::model::error::ErrorCode::ValidationError, "The two new passwords are not the same."))
    } else if let Err(report) = change.validate() {
        Err(report.into())
    } else {
        app.accounts.change_password(&actor, change).await
    };
    done_or_told(&app, &actor, preferences, changed, "password").await
}

async fn end_browser(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    let ended = app.accounts.end_browser(&actor, &id).await;
    done_or_told(&app, &actor, preferences, ended, "browser").await
}

async fn end_other_browsers(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
) -> Result<Response, HttpError> {
    let ended = app.accounts.end_other_browsers(&actor).await;
    done_or_told(&app, &actor, preferences, ended, "browsers").await
}

/// A form's checkboxes come as repeated fields, which `serde_urlencoded` does not collect; so each has its own.
#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenForm {
    name: String,
    read: Option<String>,
    sessions: Option<String>,
    storage: Option<String>,
    jobs: Option<String>,
    admin: Option<String>,
    /// Empty for never.
    days: String,
}

async fn create_token(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
    form: Result<Form<TokenForm>, FormRejection>,
) -> Result<Response, HttpError> {
    let Form(form) = form.map_err(malformed)?;
    let ticked = [
        (Scope::Read, &form.read),
        (Scope::Sessions, &form.sessions),
        (Scope::Storage, &form.storage),
        (Scope::Jobs, &form.jobs),
        (Scope::Admin, &form.admin),
    ];
    let scopes = ticked.into_iter().filter(|(_, ticked)| ticked.is_some()).map(|(scope, _)| scope).collect();
    let created = match expiry(&form.days) {
        Ok(expires_in_days) => {
            let new = CreateToken { name: form.name, scopes, expires_in_days };
            match new.validate() {
                Ok(()) => app.accounts.create_token(&actor, new).await,
                Err(report) => Err(report.into()),
            }
        }
        Err(error) => Err(error),
    };
    match created {
        // Not a redirect: the secret is in no address, and is shown this once.
        Ok(created) => page(&app, &actor, preferences, &Told::Nothing, Some(&created)).await,
        Err(error) => page(&app, &actor, preferences, &Told::failed(&error), None).await,
    }
}

fn expiry(days: &str) -> Result<Option<u32>, ApiError> {
    let days = days.trim();
    if days.is_empty() {
        return Ok(None);
    }
    let wrong = || ApiError::new(::app::model::error::ErrorCode::ValidationError, "Days: a whole number, or nothing.");
    days.parse().map(Some).map_err(|_| wrong())
}

async fn revoke_token(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    let revoked = app.accounts.delete_token(&actor, &id).await;
    done_or_told(&app, &actor, preferences, revoked, "token").await
}

async fn done_or_told(
    app: &App,
    actor: &Actor,
    preferences: Option<Extension<Preferences>>,
    outcome: Result<(), ApiError>,
    word: &str,
) -> Result<Response, HttpError> {
    match outcome {
        Ok(()) => Ok(Redirect::to(&format!("{PATH}?done={word}")).into_response()),
        Err(error) => {
            let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = page(app, actor, preferences, &Told::failed(&error), None).await?;
            *response.status_mut() = status;
            Ok(response)
        }
    }
}

async fn page(
    app: &App,
    actor: &Actor,
    preferences: Option<Extension<Preferences>>,
    told: &Told,
    created: Option<&CreatedToken>,
) -> Result<Response, HttpError> {
    let (browsers, tokens) = (app.accounts.browsers(actor).await?, app.accounts.tokens(actor).await?);
    let is_admin = actor.role == ::app::model::account::Role::Admin;
    let body = html! {
        (told.markup())
        @if let Some(created) = created { (new_token(created)) }
        section class="card" aria-labelledby="you" {
            h2 id="you" { "You" }
            p { (actor.email) " · " (actor.role.word()) }
        }
        (password_section())
        (browsers_section(&browsers))
        (tokens_section(&tokens, is_admin))
    };
    let links = if is_admin { super::admin::LINKS } else { &[] };
    let preferences = preferences.map(|Extension(preferences)| preferences).unwrap_or_default();
    Ok(plain::settings("Your account", &preferences, links, &body))
}

fn new_token(created: &CreatedToken) -> Markup {
    html! {
        section class="card told" role="status" aria-labelledby="new-token" {
            h2 id="new-token" { "Your new token “" (created.token.name) "”" }
            p { "Copy it now: it is not shown again." }
            pre class="secret" tabindex="0" { (created.secret) }
            p class="quiet" { "Send it as " code { "Authorization: Bearer …" } "." }
        }
    }
}

fn password_section() -> Markup {
    let current = html! {
        input type="password" name="current" autocomplete="current-password" maxlength="1024" required;
    };
    html! {
        form class="card" method="post" action="/account/password" aria-labelledby="password" {
            h2 id="password" { "Password" }
            (plain::field("Present password", &current, None))
            (plain::new_password("new", "New password", Some(PASSWORD_HELP)))
            (plain::new_password("again", "New password, again", None))
            button class="button button-primary" type="submit" { "Change password" }
        }
    }
}

fn browsers_section(browsers: &[SignedInBrowser]) -> Markup {
    html! {
        section class="card" aria-labelledby="browsers" {
            h2 id="browsers" { "Signed in" }
            ul class="rows" {
                @for browser in browsers {
                    li class="row" {
                        span class="row-text" {
                            strong { (browser_name(&browser.agent)) }
                            @if browser.is_this { " · this browser" }
                            br;
                            small class="quiet" { (browser.address) " · since " (day(&browser.created_at)) }
                        }
                        @if !browser.is_this {
                            form method="post" action=(format!("/account/browsers/{}/end", browser.id)) {
                                button class="button" type="submit" aria-label=(format!("Sign out {}", browser_name(&browser.agent))) { "Sign out" }
                            }
                        }
                    }
                }
            }
            @if browsers.len() > 1 {
                form method="post" action="/account/browsers/end-others" {
                    button class="button" type="submit" { "Sign out all others" }
                }
            }
        }
    }
}

fn tokens_section(tokens: &[ApiToken], is_admin: bool) -> Markup {
    let name = html! { input name="name" maxlength="64" required; };
    let days = html! { input type="number" name="days" min="1" max="3650" value="90" inputmode="numeric"; };
    html! {
        section class="card" aria-labelledby="tokens" {
            h2 id="tokens" { "API tokens" }
            @if tokens.is_empty() {
                p class="quiet" { "None yet. A token lets a program use the API in your name." }
            }
            ul class="rows" {
                @for token in tokens {
                    li class="row" {
                        span class="row-text" {
                            strong { (token.name) }
                            " · " (token.scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(", "))
                            br;
                            small class="quiet" {
                                @match &token.expires_at { Some(at) => { "until " (day(at)) }, None => "never runs out" }
                                " · "
                                @match &token.used_at { Some(at) => { "used " (day(at)) }, None => "never used" }
                            }
                        }
                        form method="post" action=(format!("/account/tokens/{}/revoke", token.id)) {
                            button class="button button-danger" type="submit" aria-label=(format!("Revoke {}", token.name)) { "Revoke" }
                        }
                    }
                }
            }
            form class="stacked" method="post" action="/account/tokens" {
                h3 { "New token" }
                (plain::field("Name", &name, None))
                fieldset class="choices" {
                    legend { "It may" }
                    @for (scope, what) in SCOPES {
                        @if is_admin || *scope != Scope::Admin {
                            label { input type="checkbox" name=(scope.word()) checked[*scope == Scope::Read]; " " (what) }
                        }
                    }
                }
                (plain::field("Days until it runs out", &days, Some("Empty for never.")))
                button class="button button-primary" type="submit" { "Make token" }
            }
        }
    }
}

/// Each scope in the words of a person who chooses.
const SCOPES: &[(Scope, &str)] = &[
    (Scope::Read, "read everything of yours"),
    (Scope::Sessions, "use and change sessions and their terminals"),
    (Scope::Storage, "use and change files"),
    (Scope::Jobs, "run batch jobs"),
    (Scope::Admin, "do what administrators may"),
];

/// The day of an RFC 3339 time.
pub(super) fn day(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

/// What people call their browser, from what it calls itself; the order matters, for most claim to be several.
fn browser_name(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg/", "Edge"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Mac OS X", "macOS"),
        ("Windows", "Windows"),
        ("Linux", "Linux"),
    ];
    let of =
        |names: &[(&str, &'static str)]| names.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name);
    match (of(&BROWSERS), of(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) if agent.is_empty() => "a program without a name".to_owned(),
        (None, _) => agent.chars().take(40).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_called_what_people_call_them() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on macOS",
            ),
            ("curl/8.5.0", "curl"),
            ("", "a program without a name"),
            ("<script>", "<script>"),
        ] {
            assert_eq!(browser_name(agent), name);
        }
    }
}
