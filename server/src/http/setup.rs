//! The first run: the one page that a server without an administrator has, and of no use without the setup token.

use ::app::model::account::{Email, PersonState, Role, SignInWay, check_password};
use ::app::model::error::ApiError;
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
use crate::auth::{ADMINISTRATOR, SETUP_TOKEN_FILE, TooBusy};
use crate::database::{DatabaseError, StoredPerson};

/// Where a server is set up.
pub(super) const PATH: &str = "/setup";

pub(super) fn router() -> Router<App> {
    Router::new().route(PATH, get(show).post(submit).layer(DefaultBodyLimit::max(MAX_FORM)))
}

/// What the printed address and the form send.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    token: String,
    email: String,
    password: String,
    again: String,
}

async fn show(State(app): State<App>, Parameters(wanted): Parameters<Wanted>) -> Result<Response, HttpError> {
    if app.auth.is_set_up().await? {
        return Ok(Redirect::to("/").into_response());
    }
    Ok(page(StatusCode::OK, &wanted, &Told::Nothing))
}

async fn submit(
    State(app): State<App>,
    From(address): From,
    headers: HeaderMap,
    form: Result<Form<Wanted>, FormRejection>,
) -> Result<Response, HttpError> {
    let Form(wanted) = form.map_err(sign_in::malformed)?;
    if app.auth.is_set_up().await? {
        return Ok(Redirect::to(sign_in::PATH).into_response());
    }
    let email = match check(&wanted) {
        Ok(email) => email,
        Err(why) => return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &wanted, &Told::Failed(why.into()))),
    };
    // The token can't be guessed, so that a right one is let in however many wrong ones came before.
    let token = wanted.token.trim().to_owned();
    if !app.auth.setup.claim(&token) {
        let standing = app.auth.attempts.count(address);
        let (status, why) = match standing.retry_after {
            Some(_) => (StatusCode::TOO_MANY_REQUESTS, "Too many attempts. Wait a minute, then try again."),
            None => (StatusCode::UNAUTHORIZED, "This token is not the one that was printed at the last start."),
        };
        let mut response = page(status, &Wanted { token: String::new(), ..wanted }, &Told::Failed(why.into()));
        response.headers_mut().extend(rate_limit_headers(standing));
        return Ok(response);
    }
    // In a task of its own: a browser that hangs up drops its request, and the token claimed must be either
    // used or good again.
    let (setting_up, password) = (app.clone(), wanted.password.clone());
    let named = email.clone();
    let task = app.shutdown.spawn(async move {
        let outcome = make_administrator(&setting_up, named, password).await;
        match &outcome {
            Ok(_) => setting_up.auth.is_now_set_up(),
            Err(_) => setting_up.auth.setup.restore(&token),
        }
        outcome
    });
    let person = match task.await.map_err(|_| HttpError::from(ApiError::internal()))? {
        Ok(person) => person,
        Err(Failure::Busy) => {
            let told = Told::Failed("The server is busy. Try again in a few seconds.".into());
            return Ok(page(StatusCode::SERVICE_UNAVAILABLE, &wanted, &told));
        }
        Err(Failure::Database(DatabaseError::Conflict(_))) => {
            let told = Told::Failed("There is an account of this address or an administrator already.".into());
            return Ok(page(StatusCode::CONFLICT, &wanted, &told));
        }
        Err(Failure::Database(error)) => return Err(error.into()),
    };
    tracing::info!(%address, "the server is set up");
    app.audit.record_nobody("server.set_up", email.as_str(), address).await;
    match sign_in::welcome_in(&app, &person, SignInWay::Password, &headers, address).await? {
        Some(cookie) => Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()),
        None => Ok(Redirect::to(sign_in::PATH).into_response()),
    }
}

enum Failure {
    Busy,
    Database(DatabaseError),
}

async fn make_administrator(app: &App, email: Email, password: String) -> Result<StoredPerson, Failure> {
    let hash = app.auth.passwords.hash(password).await.map_err(|TooBusy| Failure::Busy)?;
    let person = StoredPerson {
        id: ADMINISTRATOR.into(),
        email,
        role: Role::Admin,
        state: PersonState::Active,
        password: Some(hash),
        created_at: OffsetDateTime::now_utc(),
        seen_at: None,
    };
    app.database.insert_person(&person).await.map_err(Failure::Database)?;
    Ok(person)
}

fn check(wanted: &Wanted) -> Result<Email, &'static str> {
    let email = wanted.email.parse().map_err(|_| "Email: an address such as ada@example.org.")?;
    check_password(&wanted.password)?;
    if wanted.password != wanted.again {
        return Err("The two passwords are not the same.");
    }
    Ok(email)
}

fn page(status: StatusCode, wanted: &Wanted, told: &Told) -> Response {
    let token = html! {
        input name="token" value=(wanted.token) autocomplete="off" autocapitalize="none" spellcheck="false"
            maxlength="64" required;
    };
    let email = html! {
        input type="email" name="email" value=(wanted.email) autocomplete="username" autocapitalize="none"
            spellcheck="false" maxlength="254" required autofocus;
    };
    let form = html! {
        form class="card" method="post" action=(PATH) {
            h1 { "Set up Berth" }
            p { "Nobody can use this server yet. Choose who looks after it: the administrator can invite everybody else." }
            (told.markup())
            (plain::field("Setup token", &token, Some(&format!(
                "Printed when the server started, and in its data directory, in the file {SETUP_TOKEN_FILE}."
            ))))
            (plain::field("Email", &email, None))
            (plain::new_password("password", "Password", Some(PASSWORD_HELP)))
            (plain::new_password("again", "Password, again", None))
            button class="button button-primary" type="submit" { "Set up" }
        }
    };
    plain::centered(status, "Set up", &form)
}
