//! Signing in with an OpenID Connect provider: the way there and the way back, both plain links.

use ::app::model::account::SignInWay;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use axum_extra::extract::PrivateCookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use super::client_address::From;
use super::error::{HttpError, rate_limit_headers};
use super::extract::Parameters;
use super::plain::Told;
use super::sign_in;
use crate::app::App;
use crate::auth::oidc::{Flow, OidcError};
use crate::auth::{Refused, too_many_attempts};
use crate::settings::{Oidc, Settings};

/// Where signing in begins.
pub(super) const BEGIN: &str = "/sign-in/oidc";
/// Where the provider sends people back to.
pub(super) const CALLBACK: &str = "/sign-in/callback";
/// What the browser keeps meanwhile.
const COOKIE: &str = "berth_flow";
/// How long a person may take at the provider's.
const FLOW_LIFE: Duration = Duration::minutes(10);

pub(super) fn router() -> Router<App> {
    Router::new().route(BEGIN, get(begin)).route(CALLBACK, get(come_back))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Begin {
    next: String,
}

/// Where the provider is to send people back to.
pub(super) fn redirect_address(app: &App, settings: &Settings) -> String {
    format!("{}{CALLBACK}", settings.address_for_people(app.config.listen))
}

async fn begin(
    State(app): State<App>,
    headers: HeaderMap,
    Parameters(wanted): Parameters<Begin>,
) -> Result<Response, HttpError> {
    if !app.auth.is_set_up().await? {
        return Ok(Redirect::to(super::setup::PATH).into_response());
    }
    let settings = app.settings.current();
    let Some(oidc) = &settings.oidc else { return Err(HttpError::not_found("way to sign in")) };
    let redirect = redirect_address(&app, &settings);
    let next = sign_in::next(&wanted.next).to_owned();
    let (address, flow) = match app.auth.providers.begin(&app.auth.outside, oidc, redirect, next).await {
        Ok(begun) => begun,
        Err(error) => {
            tracing::error!(%error, issuer = oidc.issuer, "nobody can sign in with the provider");
            let told = format!("{} can't be reached. Try again in a moment.", oidc.name());
            return Ok(failed(&settings, StatusCode::BAD_GATEWAY, &wanted.next, told));
        }
    };
    let flow = serde_json::to_string(&flow).map_err(|error| HttpError::internal(error.to_string()))?;
    let jar = PrivateCookieJar::from_headers(&headers, app.cookie_key.clone());
    Ok((jar.add(cookie(flow, &settings)), Redirect::to(address.as_str())).into_response())
}

/// Lax, for the provider's page sends the browser back.
fn cookie(value: String, settings: &Settings) -> Cookie<'static> {
    Cookie::build((COOKIE, value))
        .path(sign_in::PATH)
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(settings.is_over_tls())
        .max_age(FLOW_LIFE)
        .build()
}

/// What the provider says.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    code: String,
    state: String,
    error: String,
}

async fn come_back(
    State(app): State<App>,
    From(address): From,
    headers: HeaderMap,
    Parameters(answer): Parameters<Answer>,
) -> Result<Response, HttpError> {
    let settings = app.settings.current();
    let Some(oidc) = &settings.oidc else { return Err(HttpError::not_found("way to sign in")) };
    let standing = app.auth.attempts.count(address);
    if let Some(wait) = standing.retry_after {
        let mut response = failed(&settings, StatusCode::TOO_MANY_REQUESTS, "", too_many_attempts(wait));
        response.headers_mut().extend(rate_limit_headers(standing));
        return Ok(response);
    }
    let jar = PrivateCookieJar::from_headers(&headers, app.cookie_key.clone());
    let flow = jar.get(COOKIE).and_then(|cookie| serde_json::from_str::<Flow>(cookie.value()).ok());
    // Good for one answer, whatever comes of it.
    let jar = jar.remove(Cookie::build(COOKIE).path(sign_in::PATH));
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let flow =
        flow.filter(|flow| flow.is_answered_by(&answer.state) && now - flow.began_at < FLOW_LIFE.whole_seconds());
    let Some(flow) = flow else {
        let told = "This sign-in took too long, or began in another browser. Begin again.".to_owned();
        return Ok((jar, failed(&settings, StatusCode::UNAUTHORIZED, "", told)).into_response());
    };
    let next = flow.next.clone();
    let response = if answer.error.is_empty() {
        finish(&app, &settings, oidc, flow, answer.code, &headers, address).await?
    } else {
        let told = format!("{} did not sign you in.", oidc.name());
        failed(&settings, StatusCode::UNAUTHORIZED, &next, told)
    };
    Ok((jar, response).into_response())
}

/// From the provider's code to a person who is signed in, or is told why not.
async fn finish(
    app: &App,
    settings: &Settings,
    oidc: &Oidc,
    flow: Flow,
    code: String,
    headers: &HeaderMap,
    address: std::net::IpAddr,
) -> Result<Response, HttpError> {
    let next = flow.next.clone();
    let redirect = redirect_address(app, settings);
    let vouched = match app.auth.providers.finish(&app.auth.outside, oidc, redirect, flow, code).await {
        Ok(vouched) => vouched,
        Err(error) => {
            tracing::warn!(%error, issuer = oidc.issuer, "a sign-in with the provider failed");
            let told = match &error {
                OidcError::NoEmail => format!("{} does not tell your email address.", oidc.name()),
                OidcError::Unverified(email) => {
                    app.audit.record_nobody("sign_in.failed", email.as_str(), address).await;
                    format!("{} does not say that {email} is yours.", oidc.name())
                }
                _ => format!("{} did not sign you in. Try again.", oidc.name()),
            };
            return Ok(failed(settings, StatusCode::UNAUTHORIZED, &next, told));
        }
    };
    let person = match app.auth.welcome(&vouched).await? {
        Ok(person) => person,
        Err(why) => {
            app.audit.record_nobody("sign_in.failed", vouched.email.as_str(), address).await;
            return Ok(sign_in::refuse(true, &vouched.email, why));
        }
    };
    match sign_in::welcome_in(app, &person, SignInWay::Oidc, headers, address).await? {
        Some(cookie) => Ok(([(header::SET_COOKIE, cookie)], Redirect::to(sign_in::next(&next))).into_response()),
        None => Ok(sign_in::refuse(true, &vouched.email, Refused::Blocked)),
    }
}

fn failed(settings: &Settings, status: StatusCode, next: &str, told: String) -> Response {
    sign_in::page(settings, status, "", next, &Told::Failed(told))
}
