//! People, and what signs them in: the rules behind the account and admin pages and their part of the API.
//!
//! Owns who may change whom and what ends with it; the tables are the database's, secrets and open connections
//! [`crate::auth`]'s.

mod audit;
mod configured;
pub mod people;
pub mod tokens;
mod waitlist;

pub use audit::Audit;
pub use configured::make_configured_administrator;
pub use waitlist::{Asked, MOST_WAITING, Waitlist};

use std::sync::Arc;

use app::backend::{self, Access, Actor};
use app::model::account::{
    ApiToken, AuditEntry, AuditQuery, ChangePassword, ChangePerson, CreateToken, CreatedToken, Email, InvitePerson,
    Invited, Person, PersonState, Role, SignedInBrowser,
};
use app::model::error::{ApiError, ErrorCode, FieldError};
use app::model::waitlist::Waiting;
use async_trait::async_trait;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::auth::{Auth, TooBusy};
use crate::database::{Database, StoredPerson, unavailable};

/// Entries of the audit log in one answer.
pub const AUDIT_PAGE: usize = 100;

/// The accounts service.
pub struct AccountService {
    database: Database,
    auth: Arc<Auth>,
    audit: Audit,
    sessions: Arc<dyn backend::Sessions>,
}

impl AccountService {
    #[must_use]
    pub fn new(database: Database, auth: Arc<Auth>, audit: Audit, sessions: Arc<dyn backend::Sessions>) -> Self {
        Self { database, auth, audit, sessions }
    }

    /// The person who asks, as they are now: a request may have been a while on its way. AUTH_ERROR when they were
    /// removed or blocked since.
    async fn asking(&self, actor: &Actor) -> Result<StoredPerson, ApiError> {
        asking(&self.database, actor).await
    }

    /// FORBIDDEN for all but those who are admins now.
    async fn as_admin(&self, actor: &Actor) -> Result<(), ApiError> {
        require_admin(&self.database, actor).await
    }
}

async fn asking(database: &Database, actor: &Actor) -> Result<StoredPerson, ApiError> {
    let person = database.person_by_id(&actor.user).await.map_err(unavailable)?;
    person.filter(|person| person.state == PersonState::Active).ok_or_else(ApiError::not_signed_in)
}

/// FORBIDDEN for all but those who are admins now, and whoever is at the server's own command line.
///
/// # Errors
/// Also AUTH_ERROR for whoever was removed or blocked since they asked.
pub async fn require_admin(database: &Database, actor: &Actor) -> Result<(), ApiError> {
    let is_admin = actor.role == Role::Admin
        && (actor.access == Access::CommandLine || asking(database, actor).await?.role == Role::Admin);
    if is_admin { Ok(()) } else { Err(ApiError::new(ErrorCode::Forbidden, "Only administrators may do this.")) }
}

#[async_trait]
impl backend::Accounts for AccountService {
    async fn me(&self, actor: &Actor) -> Result<Person, ApiError> {
        self.asking(actor).await.map(to_model)
    }

    async fn change_password(&self, actor: &Actor, change: ChangePassword) -> Result<(), ApiError> {
        in_a_browser(actor)?;
        let person = self.asking(actor).await?;
        // By the way of a sign-in, so that a browser left open is no place to guess at leisure.
        self.auth.check(person.email.as_str(), &change.current, &actor.address).await.map_err(wrong_password)?;
        let hash = self.auth.passwords.hash(change.new).await.map_err(|TooBusy| busy())?;
        self.database.set_password(&person.id, &hash).await.map_err(unavailable)?;
        self.audit.record(actor, "password.changed", person.email.as_str()).await;
        self.end_browsers_but_this(actor).await
    }

    async fn browsers(&self, actor: &Actor) -> Result<Vec<SignedInBrowser>, ApiError> {
        self.list_browsers(actor).await
    }

    async fn end_browser(&self, actor: &Actor, id: &str) -> Result<(), ApiError> {
        in_a_browser(actor)?;
        self.end_one_browser(actor, id).await
    }

    async fn end_other_browsers(&self, actor: &Actor) -> Result<(), ApiError> {
        in_a_browser(actor)?;
        self.audit.record(actor, "browsers.ended", &actor.email).await;
        self.end_browsers_but_this(actor).await
    }

    async fn tokens(&self, actor: &Actor) -> Result<Vec<ApiToken>, ApiError> {
        self.list_tokens(actor).await
    }

    async fn create_token(&self, actor: &Actor, new: CreateToken) -> Result<CreatedToken, ApiError> {
        in_a_browser(actor)?;
        tokens::create(&self.database, &self.audit, actor, new).await
    }

    async fn delete_token(&self, actor: &Actor, id: &str) -> Result<(), ApiError> {
        in_a_browser(actor)?;
        self.end_token(actor, id).await
    }

    async fn people(&self, actor: &Actor) -> Result<Vec<Person>, ApiError> {
        self.as_admin(actor).await?;
        Ok(self.database.people().await.map_err(unavailable)?.into_iter().map(to_model).collect())
    }

    async fn invite(&self, actor: &Actor, new: InvitePerson) -> Result<Invited, ApiError> {
        self.as_admin(actor).await?;
        if new.role == Role::Admin {
            in_a_browser(actor)?;
        }
        people::invite(&self.database, &self.audit, actor, new).await
    }

    async fn renew_link(&self, actor: &Actor, email: &Email) -> Result<Invited, ApiError> {
        self.as_admin(actor).await?;
        // Whoever holds the link can become that person.
        in_a_browser(actor)?;
        people::renew_link(&self.database, &self.audit, actor, email).await
    }

    async fn change_person(&self, actor: &Actor, email: &Email, change: ChangePerson) -> Result<Person, ApiError> {
        self.as_admin(actor).await?;
        if change.role == Some(Role::Admin) {
            in_a_browser(actor)?;
        }
        self.change(actor, email, change).await
    }

    async fn remove_person(&self, actor: &Actor, email: &Email) -> Result<(), ApiError> {
        self.as_admin(actor).await?;
        self.remove(actor, email).await
    }

    async fn waitlist(&self, actor: &Actor) -> Result<Vec<Waiting>, ApiError> {
        self.as_admin(actor).await?;
        self.list_waiting().await
    }

    async fn approve(&self, actor: &Actor, email: &Email) -> Result<Invited, ApiError> {
        self.as_admin(actor).await?;
        self.invite_waiting(actor, email).await
    }

    async fn dismiss(&self, actor: &Actor, email: &Email) -> Result<(), ApiError> {
        self.as_admin(actor).await?;
        self.dismiss_waiting(actor, email).await
    }

    async fn audit(&self, actor: &Actor, query: AuditQuery) -> Result<Vec<AuditEntry>, ApiError> {
        self.as_admin(actor).await?;
        let entries = self.database.audit(&query.who, &query.action, query.before, AUDIT_PAGE as u64).await;
        Ok(entries.map_err(unavailable)?.into_iter().map(audit::to_model).collect())
    }
}

/// FORBIDDEN with a token: one that leaked must not be able to make another, or to keep its person out.
fn in_a_browser(actor: &Actor) -> Result<(), ApiError> {
    match actor.access {
        Access::Browser | Access::CommandLine => Ok(()),
        Access::Token(_) => Err(ApiError::new(ErrorCode::Forbidden, "An API token can't do this. Use a browser.")),
    }
}

fn wrong_password(error: crate::auth::SignInError) -> ApiError {
    use crate::auth::SignInError as E;
    match error {
        E::Wrong | E::Blocked => field("current", "this is not your present password"),
        E::TooMany(wait) => ApiError::new(
            ErrorCode::RateLimited,
            format!("Too many wrong passwords. Try again in {} s.", wait.as_secs().saturating_add(1)),
        ),
        E::Busy => busy(),
        E::Database(error) => unavailable(error),
    }
}

fn busy() -> ApiError {
    ApiError::new(ErrorCode::RateLimited, "Many people are signing in at this moment. Try again in a few seconds.")
}

/// VALIDATION_ERROR for one field.
fn field(field: &str, message: &str) -> ApiError {
    let fields = vec![FieldError { field: field.into(), message: message.into() }];
    ApiError { fields, ..ApiError::new(ErrorCode::ValidationError, "Some of what you entered can't be used.") }
}

fn to_model(person: StoredPerson) -> Person {
    Person {
        id: person.id,
        email: person.email,
        role: person.role,
        state: person.state,
        created_at: to_text(person.created_at),
        seen_at: person.seen_at.map(to_text),
    }
}

pub(crate) fn to_text(time: OffsetDateTime) -> String {
    // A year beyond 9999 is the only time it can't tell.
    time.format(&Rfc3339).unwrap_or_default()
}
