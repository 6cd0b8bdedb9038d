//! The container runtimes: how they are, what they enforce, and what does not fit between containers and sessions.

use ::app::backend::Actor;
use ::app::model::error::ApiError;
use ::app::model::operations::{
    AnyContainer, ContainerLimits, Containers, Enforcement, OtherRuntime, Reconcile, Reconciled, RuntimeReport,
    Standing,
};
use ::app::model::preferences::Preferences;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, State};
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;

use super::sessions::badge;
use super::{RUNTIME, page, refusal, size};
use crate::app::App;
use crate::http::HttpError;
use crate::http::extract::SignedIn;
use crate::http::plain::Told;
use crate::http::sign_in::malformed;

/// Where the page's form goes.
const FORM: &str = "/admin/runtime/reconcile";

pub(super) fn router() -> Router<App> {
    Router::new().route(RUNTIME, get(show)).route(FORM, post(reconcile))
}

async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
) -> Result<Response, HttpError> {
    render(&app, &actor, preferences, &html! {}).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MendForm {
    /// Ticked when all containers are to go although the database knows no session.
    force: Option<String>,
}

async fn reconcile(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
    form: Result<Form<MendForm>, FormRejection>,
) -> Result<Response, HttpError> {
    let Form(form) = form.map_err(malformed)?;
    let how = Reconcile { dry_run: false, force: form.force.is_some() };
    match app.operations.reconcile(&actor, how).await {
        Ok(reconciled) => render(&app, &actor, preferences, &mended(&reconciled)).await,
        Err(error) => {
            let page = render(&app, &actor, preferences, &Told::failed(&error).markup()).await?;
            Ok(refusal(page, &error))
        }
    }
}

fn mended(reconciled: &Reconciled) -> Markup {
    html! {
        section class="card told" role="status" aria-labelledby="mended" {
            h2 id="mended" { "Mended" }
            @if reconciled.mended.is_empty() { p { "There was nothing to mend." } }
            ul class="rows" {
                @for one in &reconciled.mended { li class="row" { span class="row-text" { (one.line(false)) } } }
            }
        }
    }
}

async fn render(
    app: &App,
    actor: &Actor,
    preferences: Option<Extension<Preferences>>,
    told: &Markup,
) -> Result<Response, HttpError> {
    let runtime = app.operations.runtime(actor).await?;
    // A runtime that is away is what this page is for.
    let containers = app.operations.containers(actor).await;
    let body = html! {
        (told)
        (health_section(&runtime))
        (containers_section(&containers))
        (limits_section(&runtime.limits, &runtime.enforcement))
        (enforcement_section(&runtime))
        @for other in &runtime.others { (other_section(other)) }
    };
    Ok(page("Runtime", preferences, &body))
}

fn health_section(runtime: &RuntimeReport) -> Markup {
    html! {
        section class="card" aria-labelledby="health" {
            h2 id="health" { "Health" }
            p {
                strong { (runtime.name) } " on " strong { (runtime.node) } " " (works(runtime.available))
                br;
                small class="quiet" { (runtime.summary) }
            }
            @for other in &runtime.others {
                p {
                    strong { (other.name) } " on " strong { (runtime.node) } " " (works(other.available))
                    br;
                    small class="quiet" { (other.summary) }
                }
            }
            @if !runtime.others.is_empty() {
                p class="quiet" { "New sessions run in " (runtime.name) " unless they ask for another." }
            }
        }
    }
}

fn works(available: bool) -> Markup {
    let (tone, word) = if available { ("good", "works") } else { ("bad", "can’t start containers") };
    html! { span class="badge" data-tone=(tone) { span class="dot" aria-hidden="true" {} (word) } }
}

fn containers_section(containers: &Result<Containers, ApiError>) -> Markup {
    html! {
        section class="card" aria-labelledby="containers" {
            h2 id="containers" { "Containers and sessions" }
            @match containers {
                Ok(containers) => (fit(containers)),
                Err(error) => p class="error" role="alert" { (error.error) },
            }
        }
    }
}

/// What does not fit, and the button that mends it.
fn fit(all: &Containers) -> Markup {
    let of =
        |wanted: &[Standing]| all.containers.iter().filter(|one| wanted.contains(&one.standing)).collect::<Vec<_>>();
    let (strays, awake) = (of(&[Standing::WithoutSession, Standing::Surplus]), of(&[Standing::ShouldNotRun]));
    let gone = &all.sessions_without_container;
    html! {
        p class="quiet" { (all.containers.len()) @if all.containers.len() == 1 { " container" } @else { " containers" } }
        @if strays.is_empty() && awake.is_empty() && gone.is_empty() {
            p { "Every container has its session, and every session its container." }
        } @else {
            @if !strays.is_empty() {
                h3 { "Containers without a session" }
                ul class="rows" { @for container in strays { (container_row(container)) } }
            }
            @if !awake.is_empty() {
                h3 { "Containers that should not run" }
                ul class="rows" { @for container in awake { (container_row(container)) } }
            }
            @if !gone.is_empty() {
                h3 { "Sessions without a container" }
                ul class="rows" {
                    @for session in gone {
                        li class="row" {
                            span class="row-text" {
                                strong { (session.name) } " " (badge(&session.state))
                                br;
                                small class="quiet" {
                                    (session.owner) " · " code { (session.id) }
                                    @if let Some(id) = &session.container { " · had " code { (id) } }
                                }
                            }
                        }
                    }
                }
            }
            (mend_form(all.knows_no_session))
        }
    }
}

fn container_row(container: &AnyContainer) -> Markup {
    html! {
        li class="row" {
            span class="row-text" {
                code { (container.id) }
                br;
                small class="quiet" {
                    (container.state.word()) " · "
                    @match (&container.name, &container.owner, container.standing) {
                        (Some(name), Some(owner), Standing::Surplus) => { "“" (name) "” of " (owner) " has another" },
                        (Some(name), Some(owner), _) => { "“" (name) "” of " (owner) " does not run" },
                        _ => { "there is no session " code { (container.session) } },
                    }
                }
            }
        }
    }
}

fn mend_form(knows_no_session: bool) -> Markup {
    html! {
        form class="stacked" method="post" action=(FORM) {
            p class="quiet" {
                "Mending removes containers without a session, with all the files in them, stops those that should not \
                 run, and marks sessions without a container as failed."
            }
            @if knows_no_session {
                p class="error" {
                    "The database knows no session at all. It is the wrong one, most likely, and these containers hold \
                     somebody’s files."
                }
                p class="choices" {
                    label { input type="checkbox" name="force" required; "It is the right one: remove them all" }
                }
            }
            button class=(if knows_no_session { "button button-danger" } else { "button button-primary" }) type="submit" { "Mend" }
        }
    }
}

fn limits_section(limits: &ContainerLimits, enforcement: &[Enforcement]) -> Markup {
    let cpu = format!("{}.{:02}", limits.cpu_millis / 1000, limits.cpu_millis % 1000 / 10);
    let rows = [
        ("cpu", "CPU", cpu),
        ("memory", "Memory", size(limits.memory_bytes)),
        ("pids", "Processes and threads", limits.pids.to_string()),
        ("disk", "Disk", size(limits.disk_bytes)),
    ];
    html! {
        section class="card" aria-labelledby="limits" {
            h2 id="limits" { "What each container may use" }
            ul class="rows" {
                @for (name, label, value) in rows {
                    li class="row" {
                        span class="row-text" {
                            (label)
                            @if let Some(item) = enforcement.iter().find(|item| item.name == name) { br; (holds(item)) }
                        }
                        strong { (value) }
                    }
                }
            }
        }
    }
}

fn enforcement_section(runtime: &RuntimeReport) -> Markup {
    html! {
        section class="card" aria-labelledby="enforced" {
            h2 id="enforced" {
                "What holds on this machine"
                @if !runtime.others.is_empty() { " in " (runtime.name) }
            }
            (enforced_rows(&runtime.enforcement))
        }
    }
}

fn other_section(other: &OtherRuntime) -> Markup {
    // Nothing is known of one that is away.
    html! {
        @if !other.enforcement.is_empty() {
            section class="card" aria-labelledby=(format!("enforced-{}", other.name)) {
                h2 id=(format!("enforced-{}", other.name)) { "What holds on this machine in " (other.name) }
                (enforced_rows(&other.enforcement))
            }
        }
    }
}

fn enforced_rows(enforcement: &[Enforcement]) -> Markup {
    html! {
        ul class="rows" {
            @for item in enforcement {
                li class="row" {
                    span class="row-text" {
                        strong { (item.name.replace('_', " ")) }
                        br;
                        small class="quiet" { (item.detail) }
                    }
                    (holds(item))
                }
            }
        }
    }
}

fn holds(item: &Enforcement) -> Markup {
    let (tone, word) = if item.enforced { ("good", "enforced") } else { ("changing", "not enforced") };
    html! { span class="badge" data-tone=(tone) { span class="dot" aria-hidden="true" {} (word) } }
}
