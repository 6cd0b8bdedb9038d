//! People for whom somebody else vouches: a provider they sign in with, or the proxy they came through.

use app::model::account::{Email, PersonState, Role};
use time::OffsetDateTime;

use super::{Auth, token};
use crate::database::{DatabaseError, StoredPerson};

/// Whom somebody vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    pub email: Email,
    /// Who vouches.
    pub issuer: String,
    /// What they call the person, for ever; addresses change hands.
    pub subject: String,
}

/// Why somebody may not come in for whom another vouches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Neither invited nor allowed by address.
    Stranger,
    Blocked,
    /// The address is an account's to which the same issuer has signed in another person.
    Taken,
}

impl Auth {
    /// The active person that is meant: by what they were called before, else by their address, else made now when
    /// the settings let their address in.
    ///
    /// # Errors
    /// As every query.
    pub async fn welcome(&self, vouched: &Vouched) -> Result<Result<StoredPerson, Refused>, DatabaseError> {
        // Until there is an administrator the server is nobody's but the setup token's holder's.
        if !self.is_set_up().await? {
            return Ok(Err(Refused::Stranger));
        }
        let known = self.database.person_by_identity(&vouched.issuer, &vouched.subject).await?;
        let person = match known {
            Some(person) => person,
            None => {
                let person = match self.database.person(&vouched.email).await? {
                    Some(person) => person,
                    None if self.settings.current().lets_in(&vouched.email) => match self.join(vouched).await? {
                        Some(person) => person,
                        None => return Ok(Err(Refused::Stranger)),
                    },
                    None => return Ok(Err(Refused::Stranger)),
                };
                if person.state == PersonState::Blocked {
                    return Ok(Err(Refused::Blocked));
                }
                let (issuer, subject) = (&vouched.issuer, &vouched.subject);
                // Left behind by a removal in the middle of this.
                self.database.delete_lost_identities(issuer, subject).await?;
                match self.database.insert_identity(issuer, subject, &person.id).await {
                    Ok(()) => person,
                    // A page sends many requests at once; of two first ones both are right.
                    Err(DatabaseError::Conflict(_)) => match self.database.person_by_identity(issuer, subject).await? {
                        Some(person) => person,
                        None => return Ok(Err(Refused::Taken)),
                    },
                    Err(error) => return Err(error),
                }
            }
        };
        match person.state {
            PersonState::Active => Ok(Ok(person)),
            PersonState::Blocked => Ok(Err(Refused::Blocked)),
            PersonState::Pending => {
                self.database.activate_person(&person.id).await?;
                Ok(Ok(StoredPerson { state: PersonState::Active, ..person }))
            }
        }
    }

    /// Makes an account for whoever the settings let in without an invitation. None when somebody else did so in
    /// the same moment and removed it again.
    async fn join(&self, vouched: &Vouched) -> Result<Option<StoredPerson>, DatabaseError> {
        let person = StoredPerson {
            id: token::id(),
            email: vouched.email.clone(),
            role: Role::User,
            state: PersonState::Active,
            password: None,
            created_at: OffsetDateTime::now_utc(),
            seen_at: None,
        };
        match self.database.insert_person(&person).await {
            Ok(()) => {
                self.audit.record(&person.actor(String::new()), "person.joined", person.email.as_str()).await;
                Ok(Some(person))
            }
            Err(DatabaseError::Conflict(_)) => self.database.person(&vouched.email).await,
            Err(error) => Err(error),
        }
    }
}
