//! Everybody's sessions, and stopping and deleting them by their exact ids.

use ::app::backend::Actor;
use ::app::model::error::ApiError;
use ::app::model::operations::{AnySession, DestroyAction, DestroyById, Usage};
use ::app::model::preferences::Preferences;
use ::app::model::session::SessionState;
use axum::Router;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use protocol::SessionId;
use serde::Deserialize;

use super::{SESSIONS, page, refusal, size};
use crate::app::App;
use crate::http::HttpError;
use crate::http::account::day;
use crate::http::extract::{Id, Parameters, SignedIn};
use crate::http::plain::Told;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route(SESSIONS, get(show))
        .route("/admin/sessions/{id}/stop", post(stop))
        .route("/admin/sessions/{id}/delete", get(confirm).post(delete))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    /// What was done, by its word, and to which session.
    done: String,
    which: String,
}

async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
    Parameters(shown): Parameters<Shown>,
) -> Result<Response, HttpError> {
    // The address may be anybody's making, so only a real id is repeated.
    let told = match (shown.done.as_str(), shown.which.parse::<SessionId>()) {
        ("stop", Ok(id)) => Told::Done(format!("Session {id} is told to stop. Its files are kept.")),
        ("delete", Ok(id)) => Told::Done(format!("Session {id} is deleted, and all of its files.")),
        _ => Told::Nothing,
    };
    list(&app, &actor, preferences, &told).await
}

async fn stop(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
    Id(id): Id,
) -> Result<Response, HttpError> {
    act(&app, &actor, preferences, &id, DestroyAction::Stop, "stop").await
}

async fn delete(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
    Id(id): Id,
) -> Result<Response, HttpError> {
    act(&app, &actor, preferences, &id, DestroyAction::Destroy, "delete").await
}

async fn act(
    app: &App,
    actor: &Actor,
    preferences: Option<Extension<Preferences>>,
    id: &SessionId,
    action: DestroyAction,
    word: &str,
) -> Result<Response, HttpError> {
    match app.operations.destroy(actor, DestroyById { id: id.to_string(), action }).await {
        Ok(_) => Ok(Redirect::to(&format!("{SESSIONS}?done={word}&which={id}")).into_response()),
        Err(error) => Ok(refusal(list(app, actor, preferences, &Told::failed(&error)).await?, &error)),
    }
}

async fn list(
    app: &App,
    actor: &Actor,
    preferences: Option<Extension<Preferences>>,
    told: &Told,
) -> Result<Response, HttpError> {
    let sessions = app.operations.sessions(actor).await?;
    let running = sessions.iter().filter(|session| session.state == SessionState::Running).count();
    let body = html! {
        (told.markup())
        section class="card" aria-labelledby="everybodys" {
            h2 id="everybodys" { "Everybody’s" }
            @if sessions.is_empty() {
                p class="quiet" { "Nobody has a session." }
            } @else {
                p class="quiet" { (sessions.len()) " in all, " (running) " running" }
                ul class="rows" { @for session in &sessions { (row(session)) } }
            }
        }
    };
    Ok(page("Sessions", preferences, &body))
}

fn row(session: &AnySession) -> Markup {
    html! {
        li class="row" {
            span class="row-text" {
                strong { (session.name) } " " (badge(&session.state))
                br;
                small class="quiet" {
                    (session.owner) " · " code { (session.id) } " · " (session.runtime) " on " (session.node)
                    " · active " (day(&session.active_at))
                    @if let Some(usage) = &session.usage { br; (used(usage)) }
                    @if let SessionState::Failed { cause } = &session.state { br; (cause.sentence()) }
                }
            }
            span class="row-buttons" {
                @if session.state.can_stop() {
                    form method="post" action=(address(session, "stop")) {
                        button class="button" type="submit" aria-label=(format!("Stop {}", session.name)) { "Stop" }
                    }
                }
                @if session.state != SessionState::Deleting {
                    a class="button" href=(address(session, "delete")) aria-label=(format!("Delete {} …", session.name)) { "Delete…" }
                }
            }
        }
    }
}

fn address(session: &AnySession, verb: &str) -> String {
    format!("{SESSIONS}/{}/{verb}", session.id)
}

/// A session's state: a dot and a word, as the dashboard has it.
pub(super) fn badge(state: &SessionState) -> Markup {
    html! {
        span class="badge" data-tone=(state.tone()) { span class="dot" aria-hidden="true" {} (state.word()) }
    }
}

fn used(usage: &Usage) -> String {
    let seconds = usage.cpu_micros / 1_000_000;
    let cpu = match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    };
    format!("{} of memory, {cpu} of CPU, {} processes", size(usage.memory_bytes), usage.pids)
}

/// The step before a deletion: it names the session, and whose it is.
async fn confirm(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
    Id(id): Id,
) -> Result<Response, HttpError> {
    let session = match app.operations.session(&actor, &id).await {
        Ok(session) => session,
        Err(error) => return gone(&app, &actor, preferences, &error).await,
    };
    let body = html! {
        form class="card" method="post" action=(address(&session, "delete")) {
            h2 { "Delete “" (session.name) "”?" }
            p {
                "It is " strong { (session.owner) } "’s, " (session.state.word()) ", and has the id "
                code { (session.id) } ". Its container is removed, and all the files in it. This can’t be undone."
            }
            p class="row-buttons" {
                button class="button button-danger" type="submit" { "Delete “" (session.name) "”" }
                a class="button" href=(SESSIONS) { "Keep it" }
            }
        }
    };
    Ok(page("Delete a session", preferences, &body))
}

async fn gone(
    app: &App,
    actor: &Actor,
    preferences: Option<Extension<Preferences>>,
    error: &ApiError,
) -> Result<Response, HttpError> {
    Ok(refusal(list(app, actor, preferences, &Told::failed(error)).await?, error))
}
