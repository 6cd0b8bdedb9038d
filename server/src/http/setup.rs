//! The setup wizard's pages: forms that work without scripts, of no use without the setup token or an
//! administrator's cookie. All answers travel with the form, so that nothing is lost on the way back.

mod page;

use std::net::IpAddr;

use ::app::model::account::{Role, SignInWay};
use ::app::model::error::{ApiError, ErrorCode};
use ::app::model::setup::{CheckedSetup, SetupAnswers, SetupOutcome};
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, FromRequestParts, State};
use axum::response::Response;
use axum::routing::get;
use garde::Validate as _;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use super::client_address;
use super::error::HttpError;
use super::extract::Parameters;
use super::plain::{MAX_FORM, Told};
use super::sign_in;
use crate::app::App;
use crate::auth::{Caller, Standing};
use crate::config::Origin;
use crate::database::StoredPerson;
use crate::setup::{self, LAST_STEP, Refusal, Setter};

/// Where a server is set up.
pub(super) const PATH: &str = "/setup";
/// What checks each step while it is typed.
pub(super) const SCRIPT: &str = "/setup/wizard.js";
/// Where programs set it up, and where they ask whether it is.
pub(super) const API: &str = "/api/setup/";
pub(super) const STATUS: &str = "/api/setup/status";

pub(super) fn router() -> Router<App> {
    let script =
        || async { ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("setup/wizard.js")) };
    Router::new().route(PATH, get(show).post(submit).layer(DefaultBodyLimit::max(MAX_FORM))).route(SCRIPT, get(script))
}

/// Whoever asks for the wizard, before it is known whether it obeys them.
#[derive(Debug, Clone)]
pub struct SetupCaller {
    caller: Option<Caller>,
    pub(crate) address: IpAddr,
}

impl<S: Send + Sync> FromRequestParts<S> for SetupCaller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let caller = parts.extensions.get::<Option<Caller>>().cloned().flatten();
        Ok(Self { caller, address: client_address::of(&parts.extensions) })
    }
}

impl SetupCaller {
    /// Whom the wizard obeys: the holder of the setup token, or an administrator in a browser once it is set up.
    ///
    /// # Errors
    /// 401, 403, or 429 after too many wrong tokens.
    pub(crate) async fn setter(&self, app: &App, token: &str) -> Result<Setter, HttpError> {
        if app.auth.is_set_up().await? {
            let caller = self.caller.as_ref().ok_or_else(HttpError::not_signed_in)?;
            let is_admin = caller.actor.role == Role::Admin;
            if !is_admin || caller.actor.access != ::app::backend::Access::Browser {
                return Err(HttpError::forbidden("Only administrators may do this, in a browser."));
            }
            return Ok(Setter::Admin(caller.actor.clone()));
        }
        // The token can't be guessed, so that a right one is let in however many wrong ones came before.
        if app.auth.setup.is(token.trim()) {
            return Ok(Setter::First);
        }
        let standing = app.auth.attempts.count(self.address);
        if standing.retry_after.is_some() {
            return Err(HttpError::rate_limited("Too many attempts. Wait a minute, then try again.", standing));
        }
        Err(ApiError::new(ErrorCode::AuthError, "This token is not the one that was printed at the last start.").into())
    }
}

/// Does what `answers` say, in a task of its own.
///
/// # Errors
/// As every query, before anything was done.
pub(crate) async fn configure(
    app: &App,
    setter: Setter,
    answers: SetupAnswers,
    address: IpAddr,
) -> Result<Result<(SetupOutcome, Option<StoredPerson>), Refusal>, HttpError> {
    let running = app.clone();
    let task = app.shutdown.spawn(async move { setup::configure(&running, setter, answers, address).await });
    Ok(task.await.map_err(|_| HttpError::from(ApiError::internal()))??)
}

impl From<Refusal> for HttpError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Token => ApiError::new(ErrorCode::AuthError, "The setup token was used a moment ago.").into(),
            Refusal::Running => ApiError::conflict("Somebody else is setting this server up at this moment.").into(),
            Refusal::Answers(_, checked) => {
                let told = ApiError::new(ErrorCode::ValidationError, "Some of what you entered can't be used.");
                ApiError { fields: checked.fields, ..told }.into()
            }
            Refusal::TooMany(wait) => {
                let standing = Standing { limit: 5, remaining: 0, retry_after: Some(wait) };
                HttpError::rate_limited("Set up too often. Wait a minute, then try again.", standing)
            }
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    token: String,
}

async fn show(
    State(app): State<App>,
    caller: SetupCaller,
    headers: HeaderMap,
    Parameters(shown): Parameters<Shown>,
) -> Result<Response, HttpError> {
    let origin = origin(&app, &headers);
    if !app.auth.is_set_up().await? {
        let answers = SetupAnswers { token: shown.token, ..setup::prefill(&app, origin) };
        let page = page::Page { app: &app, is_first: true, step: setup::first_step(true), answers: &answers };
        return Ok(page.render(StatusCode::OK, &CheckedSetup::default(), &Told::Nothing).await);
    }
    caller.setter(&app, "").await?;
    let answers = setup::prefill(&app, origin);
    let page = page::Page { app: &app, is_first: false, step: setup::first_step(false), answers: &answers };
    Ok(page.render(StatusCode::OK, &CheckedSetup::default(), &Told::Nothing).await)
}

/// The address by which this page was reached.
fn origin(app: &App, headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    // Only offered: whoever sets the server up sees what they agree to.
    let is_behind_tls = headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    Origin::of_host(host, is_behind_tls || app.settings.current().is_over_tls()).map(|origin| origin.to_string())
}

/// What the form sends besides the answers.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    /// The step that was shown.
    step: Option<u8>,
    /// `next`, `back`, or `finish`, which is also meant when there is none.
    go: String,
    #[serde(flatten)]
    answers: SetupAnswers,
}

async fn submit(
    State(app): State<App>,
    caller: SetupCaller,
    headers: HeaderMap,
    form: Result<Form<Wanted>, FormRejection>,
) -> Result<Response, HttpError> {
    let Form(wanted) = form.map_err(sign_in::malformed)?;
    let answers = wanted.answers;
    let is_first = !app.auth.is_set_up().await?;
    let first = setup::first_step(is_first);
    let step = wanted.step.unwrap_or(LAST_STEP).clamp(first, LAST_STEP);
    let page = |step| page::Page { app: &app, is_first, step, answers: &answers };
    let nothing = CheckedSetup::default();
    let setter = match caller.setter(&app, &answers.token).await {
        Ok(setter) => setter,
        Err(error) if is_first => {
            let told = Told::Failed(error.told.error.clone());
            let mut response = page(first).render(error.status, &nothing, &told).await;
            response.headers_mut().extend(error.headers);
            return Ok(response);
        }
        Err(error) => return Err(error),
    };
    if let Err(report) = answers.validate() {
        return Err(ApiError::from(report).into());
    }
    match wanted.go.as_str() {
        "back" => {
            let before = step.saturating_sub(1).max(first);
            Ok(page(before).render(StatusCode::OK, &nothing, &Told::Nothing).await)
        }
        "next" => {
            let checked = setup::check(&app, &setter, step, &answers).await?;
            if checked.fields.is_empty() {
                let after = (step + 1).min(LAST_STEP);
                return Ok(page(after).render(StatusCode::OK, &nothing, &Told::Nothing).await);
            }
            Ok(page(step).render(StatusCode::UNPROCESSABLE_ENTITY, &checked, &Told::Nothing).await)
        }
        _ => finish(&app, &caller, setter, &answers, &headers).await,
    }
}

async fn finish(
    app: &App,
    caller: &SetupCaller,
    setter: Setter,
    answers: &SetupAnswers,
    headers: &HeaderMap,
) -> Result<Response, HttpError> {
    let is_first = setter == Setter::First;
    let page = |step| page::Page { app, is_first, step, answers };
    let (outcome, person) = match configure(app, setter, answers.clone(), caller.address).await? {
        Ok(done) => done,
        Err(Refusal::Answers(step, checked)) => {
            return Ok(page(step).render(StatusCode::UNPROCESSABLE_ENTITY, &checked, &Told::Nothing).await);
        }
        Err(refusal) => {
            let error = HttpError::from(refusal);
            let told = Told::Failed(error.told.error.clone());
            let mut response = page(LAST_STEP).render(error.status, &CheckedSetup::default(), &told).await;
            response.headers_mut().extend(error.headers);
            return Ok(response);
        }
    };
    let mut response = page(LAST_STEP).outcome(&outcome);
    if let Some(person) = person {
        tracing::info!(address = %caller.address, "the server is set up");
        let way = SignInWay::Password;
        if let Some(cookie) = sign_in::welcome_in(app, &person, way, headers, caller.address).await? {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    Ok(response)
}
