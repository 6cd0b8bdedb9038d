//! Pages that need no script: signing in, setting up, accounts. Each form is a POST that answers with a redirect,
//! or with the form again and what is wrong with it.

use app::model::error::ApiError;
use app::model::preferences::Preferences;
use axum::response::{Html, IntoResponse as _, Response};
use http::{StatusCode, header};
use maud::{DOCTYPE, Markup, html};

/// The longest form, bytes. Anybody may send one.
pub(super) const MAX_FORM: usize = 16 * 1024;

/// What a page says before its form: that something worked, or that it did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Nothing,
    Done(String),
    Failed(String),
}

impl Told {
    pub(super) fn markup(&self) -> Markup {
        html! {
            @match self {
                Self::Nothing => {},
                Self::Done(what) => p class="told" role="status" { (what) },
                Self::Failed(why) => p class="error" role="alert" { (why) },
            }
        }
    }

    /// What went wrong, with the fields that were.
    pub(super) fn failed(error: &ApiError) -> Self {
        let fields: Vec<String> =
            error.fields.iter().map(|field| format!("{}: {}", field.field.replace('_', " "), field.message)).collect();
        if fields.is_empty() { Self::Failed(error.error.clone()) } else { Self::Failed(fields.join("; ")) }
    }
}

/// A whole page with one thing on it, in the middle.
pub(super) fn centered(status: StatusCode, title: &str, body: &Markup) -> Response {
    let main = html! { main class="centered-page" { (body) } };
    respond(status, title, &Preferences::default(), &main, None)
}

/// The same with a script that makes it better, and without which it works.
pub(super) fn centered_with_script(status: StatusCode, title: &str, body: &Markup, script: &str) -> Response {
    let main = html! { main class="centered-page" { (body) } };
    respond(status, title, &Preferences::default(), &main, Some(script))
}

/// A whole page of settings, in its person's colours, with the way back.
pub(super) fn settings(title: &str, preferences: &Preferences, links: &[(&str, &str)], body: &Markup) -> Response {
    let main = html! {
        header class="bar" {
            a class="brand" href="/" { "Berth" }
            nav class="bar-end" aria-label="Account" {
                @for (name, address) in links {
                    a class="button button-quiet" href=(address) { (name) }
                }
                form method="post" action="/sign-out" { button class="button button-quiet" type="submit" { "Sign out" } }
            }
        }
        main class="settings-page" {
            h1 class="page-title" { (title) }
            (body)
        }
    };
    respond(StatusCode::OK, title, preferences, &main, None)
}

/// A whole page, as it is given.
pub(super) fn respond(
    status: StatusCode,
    title: &str,
    preferences: &Preferences,
    body: &Markup,
    script: Option<&str>,
) -> Response {
    let accent = format!("--accent-hue: {}", preferences.accent_hue);
    let document = html! {
        (DOCTYPE)
        html lang="en" data-theme=[preferences.theme.name()] style=(accent) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="dark light";
                title { (title) " · Berth" }
                link rel="icon" href="/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/pkg/berth.css";
                @if let Some(script) = script { script src=(script) defer {} }
            }
            body { (body) }
        }
    };
    (status, [(header::CACHE_CONTROL, "no-store")], Html(document.into_string())).into_response()
}

/// A labelled field.
pub(super) fn field(label: &str, input: &Markup, help: Option<&str>) -> Markup {
    html! {
        label class="field" {
            span { (label) }
            (input)
            @if let Some(help) = help { small class="quiet" { (help) } }
        }
    }
}

/// A field for a password that is chosen now.
pub(super) fn new_password(name: &str, label: &str, help: Option<&str>) -> Markup {
    let input = html! {
        input type="password" name=(name) autocomplete="new-password" minlength="12" maxlength="1024" required;
    };
    field(label, &input, help)
}

/// What a password must be, for the person who chooses one.
pub(super) const PASSWORD_HELP: &str = "At least 12 characters. A few words that only you would put together are good.";
