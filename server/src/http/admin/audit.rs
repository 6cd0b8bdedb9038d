//! Who did what, to what, from where.

use ::app::model::account::{AuditEntry, AuditQuery};
use ::app::model::error::ApiError;
use ::app::model::preferences::Preferences;
use axum::Router;
use axum::extract::{Extension, State};
use axum::response::Response;
use axum::routing::get;
use garde::Validate as _;
use maud::{Markup, html};

use super::{AUDIT, page};
use crate::accounts::AUDIT_PAGE;
use crate::app::App;
use crate::http::HttpError;
use crate::http::extract::{Parameters, SignedIn};
use crate::http::plain;
use crate::http::sign_in::encode;

pub(super) fn router() -> Router<App> {
    Router::new().route(AUDIT, get(show_audit))
}

async fn show_audit(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
    Parameters(query): Parameters<AuditQuery>,
) -> Result<Response, HttpError> {
    query.validate().map_err(ApiError::from)?;
    let entries = app.accounts.audit(&actor, query.clone()).await?;
    let older = entries.get(AUDIT_PAGE - 1).map(|entry| {
        format!("{AUDIT}?who={}&action={}&before={}", encode(&query.who), encode(&query.action), entry.id)
    });
    let who = html! { input name="who" value=(query.who) autocapitalize="none" spellcheck="false" maxlength="254"; };
    let action = html! {
        select name="action" {
            @for (prefix, name) in ACTIONS { option value=(prefix) selected[query.action == *prefix] { (name) } }
        }
    };
    let body = html! {
        form class="card filters" method="get" action=(AUDIT) {
            (plain::field("Who", &who, None))
            (plain::field("What", &action, None))
            button class="button" type="submit" { "Show" }
        }
        section class="card" aria-label="Entries" {
            @if entries.is_empty() { p class="quiet" { "Nothing." } }
            div class="table-scroll" tabindex="0" role="region" aria-label="Audit log" {
                table class="audit" {
                    thead { tr { th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What" } th scope="col" { "To what" } th scope="col" { "From" } } }
                    tbody { @for entry in &entries { (audit_row(entry)) } }
                }
            }
            @if let Some(older) = older { p { a class="button" href=(older) { "Older" } } }
        }
    };
    Ok(page("Audit log", preferences, &body))
}

/// What the log can be narrowed to.
const ACTIONS: &[(&str, &str)] = &[
    ("", "everything"),
    ("sign_in", "signing in"),
    ("sign_in.failed", "failed sign-ins"),
    ("password", "passwords"),
    ("browser", "browsers"),
    ("token", "API tokens"),
    ("person", "people"),
    ("waitlist", "the waitlist"),
    ("session", "sessions"),
    ("container", "containers"),
];

fn audit_row(entry: &AuditEntry) -> Markup {
    let (day, time) = (entry.at.get(..10).unwrap_or_default(), entry.at.get(11..19).unwrap_or_default());
    html! {
        tr {
            td { time datetime=(entry.at) { (day) " " (time) } }
            td { (entry.who) }
            td { code { (entry.action) } }
            td { (entry.target) }
            td { (entry.address) }
        }
    }
}
