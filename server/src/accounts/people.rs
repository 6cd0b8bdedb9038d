//! What admins do to people.

use app::backend::Actor;
use app::model::account::{ChangePerson, Email, InvitePerson, Invited, Person, PersonState, Role};
use app::model::error::{ApiError, ErrorCode};
use app::model::session::SessionState;
use time::{Duration, OffsetDateTime};

use super::{AccountService, Audit, to_model};
use crate::auth;
use crate::database::{Database, DatabaseError, StoredPerson, TokenHash, unavailable};

/// How long a link lets its holder choose a password.
const LINK_LIFE: Duration = Duration::days(7);

/// Adds a person on `actor`'s behalf, and makes their link.
///
/// # Errors
/// CONFLICT when the address is taken.
pub async fn invite(database: &Database, audit: &Audit, actor: &Actor, new: InvitePerson) -> Result<Invited, ApiError> {
    let person = StoredPerson {
        id: auth::random_id(),
        email: new.email,
        role: new.role,
        state: PersonState::Pending,
        password: None,
        created_at: OffsetDateTime::now_utc(),
        seen_at: None,
    };
    database.insert_person(&person).await.map_err(|error| match error {
        DatabaseError::Conflict(_) => ApiError::conflict("There is an account with this address already."),
        error => unavailable(error),
    })?;
    audit.record(actor, "person.invited", person.email.as_str()).await;
    make_link(database, person).await
}

/// Makes a new link for the person of this address on `actor`'s behalf, in place of any they had.
///
/// # Errors
/// NOT_FOUND.
pub async fn renew_link(database: &Database, audit: &Audit, actor: &Actor, email: &Email) -> Result<Invited, ApiError> {
    let person = database.person(email).await.map_err(unavailable)?;
    let person = person.ok_or_else(|| ApiError::not_found("person"))?;
    audit.record(actor, "person.link_renewed", email.as_str()).await;
    make_link(database, person).await
}

async fn make_link(database: &Database, person: StoredPerson) -> Result<Invited, ApiError> {
    let secret = auth::random_secret();
    let expires_at = OffsetDateTime::now_utc() + LINK_LIFE;
    let is_there = database.set_link(&person.id, &TokenHash::of(&secret), expires_at).await.map_err(unavailable)?;
    if !is_there {
        return Err(ApiError::not_found("person"));
    }
    Ok(Invited { person: to_model(person), path: format!("/welcome?token={secret}") })
}

impl AccountService {
    async fn named(&self, email: &Email) -> Result<StoredPerson, ApiError> {
        let person = self.database.person(email).await.map_err(unavailable)?;
        person.ok_or_else(|| ApiError::not_found("person"))
    }

    pub(super) async fn change(&self, actor: &Actor, email: &Email, change: ChangePerson) -> Result<Person, ApiError> {
        let before = self.named(email).await?;
        if change.state == Some(PersonState::Pending) {
            return Err(super::field("state", "active or blocked"));
        }
        if change.role.is_none() && change.state.is_none() {
            return Ok(to_model(before));
        }
        let changed = self.database.change_person(&before.id, change.role, change.state).await;
        if !changed.map_err(unavailable)? {
            return Err(self.why_not(email).await);
        }
        let after = self.named(email).await?;
        let (role, state) = (after.role, after.state);
        // Also when they were blocked before: that may have been cut short.
        if state == PersonState::Blocked {
            self.end_all(actor, &before.id).await?;
        } else {
            self.auth.forget_person(&before.id);
        }
        let action = match (before.state == state, before.role == role) {
            (false, _) if state == PersonState::Blocked => "person.blocked",
            (false, _) => "person.unblocked",
            (true, false) if role == Role::Admin => "person.promoted",
            (true, false) => "person.demoted",
            (true, true) => return Ok(to_model(after)),
        };
        self.audit.record(actor, action, email.as_str()).await;
        Ok(to_model(after))
    }

    pub(super) async fn remove(&self, actor: &Actor, email: &Email) -> Result<(), ApiError> {
        let person = self.named(email).await?;
        if self.auth.lets_in(email) {
            return Err(ApiError::conflict(
                "This address needs no invitation, so that they would be back at once. Block them instead, or ask for \
                 invitations first.",
            ));
        }
        // Blocked first, so that they are out even if the rest of this is cut short.
        let is_out = self.database.change_person(&person.id, None, Some(PersonState::Blocked)).await;
        if !is_out.map_err(unavailable)? {
            return Err(self.why_not(email).await);
        }
        self.end_all(actor, &person.id).await?;
        if !self.database.delete_person(&person.id).await.map_err(unavailable)? {
            return Err(self.why_not(email).await);
        }
        self.audit.record(actor, "person.removed", email.as_str()).await;
        Ok(())
    }

    /// Ends every connection of a person who was kept out, and stops their sessions. Their files stay.
    async fn end_all(&self, actor: &Actor, user: &str) -> Result<(), ApiError> {
        self.auth.forget_person(user);
        let now = OffsetDateTime::now_utc();
        let browsers = self.database.sign_ins_of(user, now).await.map_err(unavailable)?;
        let tokens = self.database.api_tokens_of(user).await.map_err(unavailable)?;
        let credentials = browsers.into_iter().map(|(hash, _)| hash).chain(tokens.into_iter().map(|(hash, _)| hash));
        credentials.for_each(|credential| self.auth.forget(&credential));
        // In their place, and in the admin's name: it is whom the audit log is to name.
        let owner = Actor { user: user.to_owned(), ..actor.clone() };
        for session in self.sessions.list(&owner).await? {
            // One that stops may be about to start again, and a stop takes that back.
            if session.state != SessionState::Deleting {
                self.sessions.stop(&owner, &session.id).await?;
            }
        }
        Ok(())
    }

    /// Why a change that names this person was not made: they are gone, or the last admin.
    async fn why_not(&self, email: &Email) -> ApiError {
        match self.named(email).await {
            Ok(_) => {
                ApiError::new(ErrorCode::Conflict, "This is the last administrator. Make somebody else one first.")
            }
            Err(error) => error,
        }
    }
}
