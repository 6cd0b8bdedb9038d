//! The accounts service.

use async_trait::async_trait;

use crate::backend::Actor;
use crate::model::account::{
    ApiToken, AuditEntry, AuditQuery, ChangePassword, ChangePerson, CreateToken, CreatedToken, Email, InvitePerson,
    Invited, Person, SignedInBrowser,
};
use crate::model::error::ApiError;
use crate::model::waitlist::Waiting;

/// People, and what signs them in. What concerns others is for admins, and FORBIDDEN for everybody else.
#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// Whoever asks.
    async fn me(&self, actor: &Actor) -> Result<Person, ApiError>;
    /// Changes the actor's password and ends their other browsers. VALIDATION_ERROR when the current one is wrong.
    async fn change_password(&self, actor: &Actor, change: ChangePassword) -> Result<(), ApiError>;

    /// The browsers that the actor is signed in with, latest first.
    async fn browsers(&self, actor: &Actor) -> Result<Vec<SignedInBrowser>, ApiError>;
    /// Ends one of them, and its open terminals. NOT_FOUND.
    async fn end_browser(&self, actor: &Actor, id: &str) -> Result<(), ApiError>;
    /// Ends all but the one that asks.
    async fn end_other_browsers(&self, actor: &Actor) -> Result<(), ApiError>;

    /// The actor's API tokens, latest first.
    async fn tokens(&self, actor: &Actor) -> Result<Vec<ApiToken>, ApiError>;
    /// Makes one. VALIDATION_ERROR; CONFLICT when there are too many; FORBIDDEN for the scope `admin` without the role.
    async fn create_token(&self, actor: &Actor, new: CreateToken) -> Result<CreatedToken, ApiError>;
    /// Ends one, and what it has open. NOT_FOUND.
    async fn delete_token(&self, actor: &Actor, id: &str) -> Result<(), ApiError>;

    /// Everybody, by email.
    async fn people(&self, actor: &Actor) -> Result<Vec<Person>, ApiError>;
    /// Adds a person. CONFLICT when the address is taken.
    async fn invite(&self, actor: &Actor, new: InvitePerson) -> Result<Invited, ApiError>;
    /// A new link for a person who lost theirs, or their password. Their browsers stay signed in. NOT_FOUND.
    async fn renew_link(&self, actor: &Actor, email: &Email) -> Result<Invited, ApiError>;
    /// Changes a person's role or state; blocking ends all they have open and stops their sessions. NOT_FOUND,
    /// CONFLICT for the last admin.
    async fn change_person(&self, actor: &Actor, email: &Email, change: ChangePerson) -> Result<Person, ApiError>;
    /// Removes a person: signs them out and stops their sessions, whose files are kept. NOT_FOUND, CONFLICT for the
    /// last admin.
    async fn remove_person(&self, actor: &Actor, email: &Email) -> Result<(), ApiError>;
    /// Everybody who waits to be let in, longest first.
    async fn waitlist(&self, actor: &Actor) -> Result<Vec<Waiting>, ApiError>;
    /// Invites somebody who waits, who waits no more then. NOT_FOUND; CONFLICT when they have an account by now.
    async fn approve(&self, actor: &Actor, email: &Email) -> Result<Invited, ApiError>;
    /// Takes somebody off the waitlist; they may ask again. NOT_FOUND.
    async fn dismiss(&self, actor: &Actor, email: &Email) -> Result<(), ApiError>;
    /// Entries of the audit log, latest first, at most a hundred.
    async fn audit(&self, actor: &Actor, query: AuditQuery) -> Result<Vec<AuditEntry>, ApiError>;
}
