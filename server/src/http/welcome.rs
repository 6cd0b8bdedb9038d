//! Where a person who was invited, or who lost their password, chooses one: by a link that an admin gave them.

use ::app::model::account::{PersonState, SignInWay, check_password};
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};
use maud::html;
use serde::Deserialize;
use time::OffsetDateTime;

use super::client_address::From;
use super::error::{HttpError, rate_limit_headers};
use super::extract::Parameters;
use super::plain::{self, MAX_FORM, PASSWORD_HELP, Told};
use super::sign_in;
use crate::app::App;
use crate::auth::TooBusy;
use crate::database::{StoredPerson, TokenHash};

/// Where links lead.
pub(super) const PATH: &str = "/welcome";

pub(super) fn router() -> Router<App> {
    Router::new().route(PATH, get(show).post(submit).layer(DefaultBodyLimit::max(MAX_FORM)))
}

/// What the link and the form send.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    token: String,
    password: String,
    again: String,
}

async fn show(
    State(app): State<App>,
    From(address): From,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Response, HttpError> {
    match holder(&app, &wanted.token).await? {
        Some(person) => Ok(page(StatusCode::OK, &person, &wanted.token, &Told::Nothing)),
        None => Ok(not_good(&app, address)),
    }
}

async fn submit(
    State(app): State<App>,
    From(address): From,
    headers: HeaderMap,
    form: Result<Form<Wanted>, FormRejection>,
) -> Result<Response, HttpError> {
    let Form(wanted) = form.map_err(sign_in::malformed)?;
    let Some(person) = holder(&app, &wanted.token).await? else { return Ok(not_good(&app, address)) };
    if !app.settings.current().passwords {
        return Ok(Redirect::to(sign_in::PATH).into_response());
    }
    let refused =
        |why: &str| page(StatusCode::UNPROCESSABLE_ENTITY, &person, &wanted.token, &Told::Failed(why.to_owned()));
    if let Err(why) = check_password(&wanted.password) {
        return Ok(refused(why));
    }
    if wanted.password != wanted.again {
        return Ok(refused("The two passwords are not the same."));
    }
    let hash = match app.auth.passwords.hash(wanted.password.clone()).await {
        Ok(hash) => hash,
        Err(TooBusy) => return Ok(refused("The server is busy. Try again in a few seconds.")),
    };
    let now = OffsetDateTime::now_utc();
    if !app.database.set_password_by_link(&TokenHash::of(&wanted.token), &hash, now).await? {
        return Ok(not_good(&app, address));
    }
    // Whoever knew the old password is out, and so is what they made with it.
    for (credential, _) in app.database.sign_ins_of(&person.id, now).await? {
        app.auth.end(&credential).await?;
    }
    for (credential, _) in app.database.api_tokens_of(&person.id).await? {
        app.auth.end(&credential).await?;
    }
    let email = person.email.as_str();
    app.audit.record_nobody("password.chosen", email, address).await;
    let Some(person) = app.database.person_by_id(&person.id).await? else { return Ok(not_good(&app, address)) };
    match sign_in::welcome_in(&app, &person, SignInWay::Password, &headers, address).await? {
        Some(cookie) => Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()),
        None => Ok(Redirect::to(sign_in::PATH).into_response()),
    }
}

/// Whoever may use the link of this secret. A blocked person may not.
async fn holder(app: &App, secret: &str) -> Result<Option<StoredPerson>, HttpError> {
    let person = app.database.person_by_link(&TokenHash::of(secret), OffsetDateTime::now_utc()).await?;
    Ok(person.filter(|person| person.state != PersonState::Blocked))
}

fn not_good(app: &App, address: std::net::IpAddr) -> Response {
    let standing = app.auth.attempts.count(address);
    let status = if standing.retry_after.is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNAUTHORIZED };
    let body = html! {
        div class="card" {
            h1 { "This link is not good any more" }
            p role="alert" { "Each works once, and for seven days. Ask whoever gave it to you for another." }
            p { a class="button" href=(sign_in::PATH) { "Sign in" } }
        }
    };
    let mut response = plain::centered(status, "Welcome", &body);
    response.headers_mut().extend(rate_limit_headers(standing));
    response
}

fn page(status: StatusCode, person: &StoredPerson, token: &str, told: &Told) -> Response {
    let form = html! {
        form class="card" method="post" action=(PATH) {
            h1 { "Welcome" }
            p { "Choose a password for " strong { (person.email) } "." }
            (told.markup())
            input type="hidden" name="token" value=(token);
            // So that a password manager knows whose it is.
            input type="hidden" name="username" value=(person.email) autocomplete="username";
            (plain::new_password("password", "Password", Some(PASSWORD_HELP)))
            (plain::new_password("again", "Password, again", None))
            button class="button button-primary" type="submit" { "Choose and sign in" }
        }
    };
    plain::centered(status, "Welcome", &form)
}
