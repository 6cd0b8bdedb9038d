//! What is done with the answers, step by step, so that the same answers again do no harm.

use std::net::IpAddr;
use std::time::Duration;

use app::model::account::{Email, PersonState, Role};
use app::model::setup::{CheckedSetup, SetupAnswers, SetupLine, SetupOutcome};
use time::OffsetDateTime;

use super::answers::{self, Problems};
use super::{Setter, check};
use crate::app::App;
use crate::auth::{ADMINISTRATOR, TooBusy};
use crate::database::{DatabaseError, StoredPerson};
use crate::operations::healths;
use crate::settings::{Choices, Settings};

/// Why nothing was done.
#[derive(Debug)]
pub enum Refusal {
    /// The setup token is not the one that was printed.
    Token,
    /// These answers will not do.
    Answers(u8, CheckedSetup),
    /// Somebody else is at it.
    Running,
    TooMany(Duration),
}

/// Does what the answers say. Answers with the lines of what was done, and the administrator when one was made.
///
/// For a task of its own: a browser that hangs up drops its request, and a claimed token must be used or good again.
///
/// # Errors
/// As every query, before anything was done.
pub async fn configure(
    app: &App,
    setter: Setter,
    answers: SetupAnswers,
    address: IpAddr,
) -> Result<Result<(SetupOutcome, Option<StoredPerson>), Refusal>, DatabaseError> {
    let Ok(_running) = app.wizard.running.try_lock() else { return Ok(Err(Refusal::Running)) };
    if let Some((step, checked)) = check::first_wrong(app, &setter, &answers).await? {
        return Ok(Err(Refusal::Answers(step, checked)));
    }
    if let Some(wait) = app.wizard.count() {
        return Ok(Err(Refusal::TooMany(wait)));
    }
    let token = answers.token.trim().to_owned();
    if setter == Setter::First && !app.auth.setup.claim(&token) {
        return Ok(Err(Refusal::Token));
    }
    let mut run = Run { app, from: address.to_string(), lines: Vec::new() };
    let outcome = run.all(&setter, &answers).await;
    let person = match (outcome, &setter) {
        (Ok(person), _) => person,
        (Err(()), Setter::First) => {
            app.auth.setup.restore(&token);
            return Ok(Ok((SetupOutcome { lines: run.lines, address: None }, None)));
        }
        (Err(()), Setter::Admin(_)) => return Ok(Ok((SetupOutcome { lines: run.lines, address: None }, None))),
    };
    let address = Some(super::address(app, &app.settings.current()));
    Ok(Ok((SetupOutcome { lines: run.lines, address }, person)))
}

struct Run<'a> {
    app: &'a App,
    /// Where the request came from.
    from: String,
    lines: Vec<SetupLine>,
}

impl Run<'_> {
    async fn all(&mut self, setter: &Setter, answers: &SetupAnswers) -> Result<Option<StoredPerson>, ()> {
        let (health, others) = healths(&*self.app.runtime).await;
        // Told, and no reason to stop: it can be mended later.
        self.lines.push(SetupLine {
            what: format!("Sessions run in the {} runtime", self.app.runtime.name()),
            is_done: health.available,
            detail: health.summary,
        });
        self.lines.extend(others.into_iter().map(|(name, health)| SetupLine {
            what: format!("Sessions that ask for it run in the {name} runtime"),
            is_done: health.available,
            detail: health.summary,
        }));
        let kept = self.keep_settings(answers).await;
        self.note("How people sign in, and by which address they come, is kept", kept)?;
        match setter {
            Setter::Admin(actor) => {
                self.app.audit.record(actor, "server.settings_changed", "").await;
                Ok(None)
            }
            Setter::First => {
                let made = self.make_administrator(answers).await;
                self.note("The administrator is made", made).map(Some)
            }
        }
    }

    fn note<T>(&mut self, what: &str, outcome: Result<T, String>) -> Result<T, ()> {
        let detail = outcome.as_ref().err().cloned().unwrap_or_default();
        self.lines.push(SetupLine { what: what.to_owned(), is_done: outcome.is_ok(), detail });
        outcome.map_err(drop)
    }

    async fn keep_settings(&self, answers: &SetupAnswers) -> Result<(), String> {
        let stored = self.app.settings.stored().await.map_err(told)?;
        let mut problems = Problems::default();
        let (ways, places) = (answers::ways(answers, &stored, &mut problems), answers::places(answers, &mut problems));
        if let Some(problem) = problems.0.pop() {
            return Err(format!("{}: {}", problem.field, problem.message));
        }
        // The address that it listens on goes with the port, and is kept only when it is another.
        let now = self.app.settings.current();
        let own = Settings { public_url: None, ..Settings::clone(&now) }.address_for_people(self.app.config.listen);
        let places = Choices { public_url: places.public_url.filter(|url| url.as_str() != own), ..places };
        // What the configuration decides was not asked, and is as it was when that no longer does.
        let fixed = self.app.settings.fixed();
        let choices = Choices {
            public_url: if fixed.public_url.is_some() { stored.public_url } else { places.public_url },
            allowed_origins: if fixed.allowed_origins.is_some() {
                stored.allowed_origins
            } else {
                places.allowed_origins
            },
            allowed_people: if fixed.allowed_people.is_some() { stored.allowed_people } else { places.allowed_people },
            passwords: if fixed.passwords.is_some() { stored.passwords } else { ways.passwords },
            oidc: if fixed.oidc.is_some() { stored.oidc } else { ways.oidc },
            proxy: if fixed.proxy.is_some() { stored.proxy } else { ways.proxy },
        };
        self.app.settings.store(choices).await.map_err(told)
    }

    async fn make_administrator(&self, answers: &SetupAnswers) -> Result<StoredPerson, String> {
        let email: Email = answers.email.parse().map_err(|_| "the email is none".to_owned())?;
        let hash = self.app.auth.passwords.hash(answers.password.clone()).await;
        let hash = hash.map_err(|TooBusy| "the server is busy".to_owned())?;
        let person = StoredPerson::administrator(email, hash);
        self.app.database.insert_person(&person).await.map_err(|error| match error {
            DatabaseError::Conflict(_) => "there is an account with this address or an administrator already".into(),
            error => told(error),
        })?;
        self.app.auth.is_now_set_up();
        self.app.audit.record(&person.actor(self.from.clone()), "server.set_up", person.email.as_str()).await;
        Ok(person)
    }
}

fn told(error: DatabaseError) -> String {
    tracing::error!(%error, "setting up failed");
    "the database did not take it; try again".to_owned()
}

impl StoredPerson {
    /// The first administrator, who has what sessions from before there were accounts belong to.
    #[must_use]
    pub fn administrator(email: Email, password: String) -> Self {
        Self {
            id: ADMINISTRATOR.into(),
            email,
            role: Role::Admin,
            state: PersonState::Active,
            password: Some(password),
            created_at: OffsetDateTime::now_utc(),
            seen_at: None,
        }
    }
}
