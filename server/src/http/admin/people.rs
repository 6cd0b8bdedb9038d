//! Everybody who may come in, and inviting, changing and removing them.

use ::app::backend::Actor;
use ::app::model::account::{ChangePerson, Email, InvitePerson, Invited, Person, PersonState, Role};
use ::app::model::error::{ApiError, ErrorCode};
use ::app::model::preferences::Preferences;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;

use super::{PEOPLE, page, refusal, waiting};
use crate::app::App;
use crate::http::HttpError;
use crate::http::account::day;
use crate::http::extract::{Parameters, SignedIn};
use crate::http::plain::{self, Told};
use crate::http::sign_in::{encode, malformed};

/// Where the page's forms go.
pub(super) const FORM: &str = "/admin/people";

pub(super) fn router() -> Router<App> {
    Router::new().route(PEOPLE, get(show_people)).route(FORM, post(change))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    /// What was done, by its word, and to whom.
    done: String,
    who: String,
}

async fn show_people(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
    Parameters(shown): Parameters<Shown>,
) -> Result<Response, HttpError> {
    // The address may be anybody's making, so only a real one is repeated.
    let told = match (shown.done.as_str(), shown.who.parse::<Email>()) {
        ("block", Ok(who)) => Told::Done(format!("{who} is blocked, and their sessions are stopping.")),
        ("unblock", Ok(who)) => Told::Done(format!("{who} may come in again.")),
        ("promote", Ok(who)) => Told::Done(format!("{who} is an administrator now.")),
        ("demote", Ok(who)) => Told::Done(format!("{who} is no administrator any more.")),
        ("dismiss", Ok(who)) => Told::Done(format!("{who} does not wait any more.")),
        ("remove", Ok(who)) => Told::Done(format!("{who} is removed. Their files are kept.")),
        _ => Told::Nothing,
    };
    people_page(&app, &actor, preferences, &told, None).await
}

/// One form, several buttons: what to do with whom.
#[derive(Default, Deserialize)]
#[serde(default)]
struct PeopleForm {
    what: String,
    email: String,
    role: String,
}

async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    preferences: Option<Extension<Preferences>>,
    headers: HeaderMap,
    form: Result<Form<PeopleForm>, FormRejection>,
) -> Result<Response, HttpError> {
    let Form(form) = form.map_err(malformed)?;
    match act(&app, &actor, &form).await {
        Ok(Some(invited)) => {
            let address = link(&app, &headers, &invited);
            people_page(&app, &actor, preferences, &Told::Nothing, Some((&invited, &address))).await
        }
        Ok(None) => {
            let to = format!("{PEOPLE}?done={}&who={}", encode(&form.what), encode(&form.email));
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => {
            let page = people_page(&app, &actor, preferences, &Told::failed(&error), None).await?;
            Ok(refusal(page, &error))
        }
    }
}

/// Does what the form asks; answers the link that it made, if it made one.
async fn act(app: &App, actor: &Actor, form: &PeopleForm) -> Result<Option<Invited>, ApiError> {
    let refused = |why: &str| ApiError::new(ErrorCode::ValidationError, why);
    let email: Email = form.email.parse().map_err(|_| refused("Email: an address such as ada@example.org."))?;
    let role = |role| ChangePerson { role: Some(role), state: None };
    let state = |state| ChangePerson { role: None, state: Some(state) };
    let change = match form.what.as_str() {
        "invite" => {
            let role = Role::of_word(&form.role).unwrap_or(Role::User);
            return app.accounts.invite(actor, InvitePerson { email, role }).await.map(Some);
        }
        "approve" => return app.accounts.approve(actor, &email).await.map(Some),
        "dismiss" => return app.accounts.dismiss(actor, &email).await.map(|()| None),
        "link" => return app.accounts.renew_link(actor, &email).await.map(Some),
        "remove" => return app.accounts.remove_person(actor, &email).await.map(|()| None),
        "block" => state(PersonState::Blocked),
        "unblock" => state(PersonState::Active),
        "promote" => role(Role::Admin),
        "demote" => role(Role::User),
        _ => return Err(refused("There is no such thing to do.")),
    };
    app.accounts.change_person(actor, &email, change).await.map(|_| None)
}

/// The link as it is given to the person: on the address by which this server is reached.
fn link(app: &App, headers: &HeaderMap, invited: &Invited) -> String {
    // A POST's Origin was checked to be one of this server's.
    let origin = headers.get(http::header::ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
    let origin = app.settings.current().public_url.as_ref().map_or_else(|| origin.to_owned(), ToString::to_string);
    format!("{origin}{}", invited.path)
}

async fn people_page(
    app: &App,
    actor: &Actor,
    preferences: Option<Extension<Preferences>>,
    told: &Told,
    invited: Option<(&Invited, &str)>,
) -> Result<Response, HttpError> {
    let people = app.accounts.people(actor).await?;
    let (waitlist, is_open) = (app.accounts.waitlist(actor).await?, app.waitlist.is_open().await?);
    let body = html! {
        (told.markup())
        @if let Some((invited, address)) = invited {
            section class="card told" role="status" aria-labelledby="new-link" {
                h2 id="new-link" { "A link for " (invited.person.email) }
                p { "Give it to them: it lets them choose a password, once, within seven days. It is not shown again." }
                pre class="secret" tabindex="0" { (address) }
            }
        }
        @if is_open || !waitlist.is_empty() { (waiting::section(&waitlist)) }
        (invite_form())
        section class="card" aria-labelledby="everybody" {
            h2 id="everybody" { "Everybody" }
            ul class="rows" {
                @for person in &people { (person_row(person, person.id == actor.user)) }
            }
        }
    };
    Ok(page("People", preferences, &body))
}

fn invite_form() -> Markup {
    let email = html! {
        input type="email" name="email" autocapitalize="none" spellcheck="false" maxlength="254" required;
    };
    let role = html! { select name="role" { option value="user" { "user" } option value="admin" { "administrator" } } };
    html! {
        form class="card" method="post" action=(FORM) aria-labelledby="invite" {
            h2 id="invite" { "Invite somebody" }
            (plain::field("Email", &email, None))
            (plain::field("As", &role, None))
            button class="button button-primary" type="submit" name="what" value="invite" { "Invite" }
        }
    }
}

fn person_row(person: &Person, is_self: bool) -> Markup {
    let (block, role) = (
        if person.state == PersonState::Blocked { ("unblock", "Unblock") } else { ("block", "Block") },
        if person.role == Role::Admin { ("demote", "Make user") } else { ("promote", "Make administrator") },
    );
    html! {
        li class="row" {
            span class="row-text" {
                strong { (person.email) }
                @if is_self { " · you" }
                br;
                small class="quiet" {
                    (person.role.word()) " · " (person.state.word()) " · "
                    @match &person.seen_at { Some(at) => { "signed in " (day(at)) }, None => "never signed in" }
                }
            }
            details class="more" {
                summary class="button" aria-label=(format!("Change {}", person.email)) { "Change" }
                form class="more-panel" method="post" action=(FORM) {
                    input type="hidden" name="email" value=(person.email);
                    button class="button" type="submit" name="what" value="link" { "New password link" }
                    button class="button" type="submit" name="what" value=(role.0) { (role.1) }
                    button class="button" type="submit" name="what" value=(block.0) { (block.1) }
                    button class="button button-danger" type="submit" name="what" value="remove" { "Remove" }
                }
            }
        }
    }
}
