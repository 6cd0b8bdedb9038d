//! What the wizard looks like.

use ::app::model::account::MAX_PASSWORD;
use ::app::model::setup::{CheckedSetup, SetupAnswers, SetupOutcome};
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use runtime::Health;

use super::{LAST_STEP, PATH, SCRIPT};
use crate::app::App;
use crate::auth::SETUP_TOKEN_FILE;
use crate::http::oidc::CALLBACK;
use crate::http::plain::{self, PASSWORD_HELP, Told};
use crate::operations::healths;
use crate::setup;

/// The steps' names.
const STEPS: [&str; 5] = ["Welcome", "Administrator", "Sign-in", "Where things run", "Address and people"];

/// One step of the wizard.
pub(super) struct Page<'a> {
    pub(super) app: &'a App,
    pub(super) is_first: bool,
    pub(super) step: u8,
    pub(super) answers: &'a SetupAnswers,
}

impl Page<'_> {
    /// The step with what is to be said of it.
    pub(super) async fn render(&self, status: StatusCode, checked: &CheckedSetup, told: &Told) -> Response {
        let fields = Fields { checked };
        let body = match self.step {
            1 => self.welcome(&fields),
            2 => self.administrator(&fields),
            3 => self.sign_in(&fields),
            4 => self.places(&fields).await,
            _ => self.address(&fields),
        };
        let first = setup::first_step(self.is_first);
        let form = html! {
            form class="card wizard" method="post" action=(PATH) data-step=(self.step) {
                (self.progress(first))
                (told.markup())
                (body)
                @for note in &checked.notes { p class="quiet" { (note) } }
                div class="notes" role="status" {}
                (self.hidden())
                input type="hidden" name="step" value=(self.step);
                div class="wizard-buttons" {
                    // First in the document, so that Enter means it.
                    @if self.step == LAST_STEP {
                        button class="button button-primary" type="submit" name="go" value="finish" { "Set up" }
                    } @else {
                        button class="button button-primary" type="submit" name="go" value="next" { "Next" }
                    }
                    @if self.step > first {
                        button class="button" type="submit" name="go" value="back" formnovalidate { "Back" }
                    } @else if !self.is_first {
                        a class="button" href="/admin" { "Leave as it is" }
                    }
                }
            }
        };
        plain::centered_with_script(status, "Set up", &form, SCRIPT)
    }

    fn progress(&self, first: u8) -> Markup {
        html! {
            ol class="steps" aria-label="Steps" {
                @for (number, name) in (1..).zip(STEPS) {
                    @if number >= first {
                        li aria-current=[(number == self.step).then_some("step")] class=[(number < self.step).then_some("done")] {
                            span { (name) }
                        }
                    }
                }
            }
        }
    }

    /// The answers of the other steps, which travel along.
    fn hidden(&self) -> Markup {
        let answers = self.answers;
        let all: [(u8, &str, &str); 17] = [
            (1, "token", &answers.token),
            (2, "email", &answers.email),
            (2, "password", &answers.password),
            (2, "again", &answers.again),
            (3, "way", &answers.way),
            (3, "passwords_too", &answers.passwords_too),
            (3, "oidc_issuer", &answers.oidc_issuer),
            (3, "oidc_client_id", &answers.oidc_client_id),
            (3, "oidc_client_secret", &answers.oidc_client_secret),
            (3, "oidc_name", &answers.oidc_name),
            (3, "oidc_trust_email", &answers.oidc_trust_email),
            (3, "proxy_issuer", &answers.proxy_issuer),
            (3, "proxy_audience", &answers.proxy_audience),
            (3, "proxy_jwks_url", &answers.proxy_jwks_url),
            (5, "public_url", &answers.public_url),
            (5, "allowed_origins", &answers.allowed_origins),
            (5, "allowed_people", &answers.allowed_people),
        ];
        html! {
            @for (step, name, value) in all {
                @if step != self.step && !value.is_empty() { input type="hidden" name=(name) value=(value); }
            }
        }
    }

    fn welcome(&self, fields: &Fields<'_>) -> Markup {
        let input = html! {
            input name="token" value=(self.answers.token) autocomplete="off" autocapitalize="none" spellcheck="false"
                maxlength="64" required autofocus[self.answers.token.is_empty()];
        };
        html! {
            h1 { "Set up Berth" }
            p { "Nobody can use this server yet. Five short steps: everything but the administrator can be left as it is, \
                 and changed later." }
            (fields.field("token", "Setup token", &input, Some(&format!(
                "Printed when the server started, and in its data directory, in the file {SETUP_TOKEN_FILE}."
            ))))
        }
    }

    fn administrator(&self, fields: &Fields<'_>) -> Markup {
        let email = html! {
            input type="email" name="email" value=(self.answers.email) autocomplete="username" autocapitalize="none"
                spellcheck="false" maxlength="254" required autofocus;
        };
        let password = |name: &str, value: &str| {
            html! {
                input type="password" name=(name) value=(value) autocomplete="new-password" minlength="12"
                    maxlength=(MAX_PASSWORD) required;
            }
        };
        html! {
            h1 { "Administrator" }
            p { "Who looks after this server. They can invite everybody else." }
            (fields.field("email", "Email", &email, None))
            (fields.field("password", "Password", &password("password", &self.answers.password), Some(PASSWORD_HELP)))
            div class="strength" hidden {
                meter min="0" max="4" low="2" high="3" optimum="4" aria-label="How hard the password is to guess" {}
                small class="quiet" {}
            }
            (fields.field("again", "Password, again", &password("again", &self.answers.again), None))
        }
    }

    fn sign_in(&self, fields: &Fields<'_>) -> Markup {
        let (answers, fixed) = (self.answers, self.app.settings.fixed());
        let is_fixed = fixed.oidc.is_some() || fixed.proxy.is_some() || fixed.passwords.is_some();
        let way = |value: &str, name: &str, help: &str| {
            let is_chosen = answers.way == value || (answers.way.is_empty() && value == "passwords");
            html! {
                label class="choice" {
                    input type="radio" name="way" value=(value) checked[is_chosen];
                    span { strong { (name) } br; small class="quiet" { (help) } }
                }
            }
        };
        html! {
            h1 { "How people sign in" }
            @if is_fixed { p class="told" { "Some of this is set by the server's configuration, which has the last word." } }
            fieldset class="choices" {
                legend class="visually-hidden" { "How people sign in" }
                (way("passwords", "Passwords", "Each person has an account here, by invitation."))
                (way("oidc", "OpenID Connect", "Google, Entra, Okta, Authentik, Keycloak, GitLab, Dex …"))
                (way("proxy", "A trusted proxy", "Cloudflare Access, or another that signs its word."))
            }
            (fields.message("way"))
            div class="of-oidc" {
                (fields.text("oidc_issuer", "Issuer", &answers.oidc_issuer, Some("Such as https://accounts.google.com")))
                (fields.text("oidc_client_id", "Client ID", &answers.oidc_client_id, None))
                (fields.field("oidc_client_secret", "Client secret", &html! {
                    input type="password" name="oidc_client_secret" value=(answers.oidc_client_secret) autocomplete="off";
                }, Some("Empty to keep the one that is stored, or where the provider wants none.")))
                (fields.text("oidc_name", "What the sign-in page calls it", &answers.oidc_name, None))
                p class="quiet" { "Tell the provider to send people back to "
                    code class="redirect" { (setup::redirect_address(self.app, answers)) (CALLBACK) } }
                (checkbox("oidc_trust_email", &answers.oidc_trust_email, "Believe addresses that it does not say it verified"))
            }
            div class="of-proxy" {
                (fields.text("proxy_issuer", "Issuer", &answers.proxy_issuer, Some("Such as https://team.cloudflareaccess.com")))
                (fields.text("proxy_audience", "Audience", &answers.proxy_audience, Some("The application's AUD tag.")))
                (fields.text("proxy_jwks_url", "Address of its keys", &answers.proxy_jwks_url,
                    Some("Empty for Cloudflare's, ISSUER/cdn-cgi/access/certs.")))
            }
            div class="of-oidc of-proxy" {
                (checkbox("passwords_too", &answers.passwords_too, "Let people use passwords too"))
                (fields.message("passwords_too"))
                p class="quiet" { "It can be turned off by an administrator who has signed in the other way." }
            }
        }
    }

    async fn places(&self, fields: &Fields<'_>) -> Markup {
        let (health, others) = healths(&*self.app.runtime).await;
        let checked = setup::check_places(self.app).await;
        html! {
            h1 { "Where things run" }
            section {
                h2 { "Sessions" }
                (runtime(self.app.runtime.name(), &health))
                @for (name, health) in &others { (runtime(name, health)) }
                @if !others.is_empty() {
                    p class="quiet" { "New sessions run in " (self.app.runtime.name()) " unless they ask for another." }
                }
            }
            section {
                h2 { "Files" }
                @for note in &checked.notes { p { span class="mark good" { "✓" } " " (note) } }
                @for problem in &checked.fields { p class="error" { (problem.message) } }
                (fields.message("files"))
            }
        }
    }

    fn address(&self, fields: &Fields<'_>) -> Markup {
        let (answers, fixed) = (self.answers, self.app.settings.fixed());
        let is_fixed = fixed.public_url.is_some() || fixed.allowed_origins.is_some() || fixed.allowed_people.is_some();
        html! {
            h1 { "Address and people" }
            @if is_fixed { p class="told" { "Some of this is set by the server's configuration, which has the last word." } }
            (fields.text("public_url", "Address", &answers.public_url, Some("Where people reach this server.")))
            (fields.text("allowed_origins", "Other origins that may write", &answers.allowed_origins,
                Some("Seldom needed. Such as https://tools.example")))
            (fields.field("allowed_people", "People who need no invitation", &html! {
                textarea name="allowed_people" rows="3" spellcheck="false" autocapitalize="none" { (answers.allowed_people) }
            }, Some("Emails and @domains, when OpenID Connect or a proxy vouches for them.")))
        }
    }

    /// What was done, and how to go on.
    pub(super) fn outcome(&self, outcome: &SetupOutcome) -> Response {
        let lines = html! {
            ul class="checks" {
                @for line in &outcome.lines {
                    li { span class=(if line.is_done { "mark good" } else { "mark bad" }) {
                            (if line.is_done { "✓" } else { "✗" }) }
                        " " (line.what)
                        @if !line.detail.is_empty() { " " span class="quiet" { (line.detail) } } }
                }
            }
        };
        let body = match &outcome.address {
            Some(address) => html! {
                div class="card wizard" {
                    h1 { "Berth is set up" }
                    (lines)
                    p { "It is at " strong { (address) } "." }
                    p { a class="button button-primary" href="/" { "Go to the sessions" } }
                }
            },
            None => html! {
                form class="card wizard" method="post" action=(PATH) {
                    h1 { "This did not work yet" }
                    (lines)
                    // Every answer, as if no step were shown.
                    (Page { step: 0, ..*self }.hidden())
                    input type="hidden" name="step" value=(LAST_STEP);
                    div class="wizard-buttons" {
                        button class="button button-primary" type="submit" name="go" value="finish" { "Try again" }
                        button class="button" type="submit" name="go" value="back" { "Back" }
                    }
                }
            },
        };
        let status = if outcome.address.is_some() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        plain::centered(status, "Set up", &body)
    }
}

/// Fields with what is to be said of each.
struct Fields<'a> {
    checked: &'a CheckedSetup,
}

impl Fields<'_> {
    fn problem(&self, name: &str) -> Option<&str> {
        self.checked.fields.iter().find(|field| field.field == name).map(|field| field.message.as_str())
    }

    /// Where a script puts what is wrong, too.
    fn message(&self, name: &str) -> Markup {
        html! {
            small class="field-message" data-for=(name) role="alert" { @if let Some(problem) = self.problem(name) { (problem) } }
        }
    }

    fn field(&self, name: &str, label: &str, input: &Markup, help: Option<&str>) -> Markup {
        html! { div class="stacked-field" { (plain::field(label, input, help)) (self.message(name)) } }
    }

    fn text(&self, name: &str, label: &str, value: &str, help: Option<&str>) -> Markup {
        let input = html! {
            input name=(name) value=(value) autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="4096";
        };
        self.field(name, label, &input, help)
    }
}

/// How a runtime is, and what it enforces.
fn runtime(name: &str, health: &Health) -> Markup {
    let state = if health.available { "good" } else { "bad" };
    html! {
        p { span class=(format!("mark {state}")) { (if health.available { "✓" } else { "✗" }) }
            " The " strong { (name) } " runtime: " (health.summary) }
        ul class="checks" {
            @for limit in &health.enforcement {
                li { span class=(if limit.enforced { "mark good" } else { "mark bad" }) {
                        (if limit.enforced { "✓" } else { "✗" }) }
                    " " strong { (limit.name) } " " span class="quiet" { (limit.detail) } }
            }
        }
    }
}

fn checkbox(name: &str, value: &str, label: &str) -> Markup {
    html! { label class="check" { input type="checkbox" name=(name) value="yes" checked[!value.is_empty()]; " " (label) } }
}
