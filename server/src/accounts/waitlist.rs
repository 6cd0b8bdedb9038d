//! The waitlist: strangers ask to be let in, administrators answer.
//!
//! Nobody is told by it which addresses there are: one that is new, one that waits and one with an account are
//! answered alike.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use app::backend::Actor;
use app::model::account::{Email, InvitePerson, Invited, Role};
use app::model::error::{ApiError, ErrorCode};
use app::model::waitlist::Waiting;
use time::OffsetDateTime;

use super::{AccountService, Audit, field, people, to_text, unavailable};
use crate::auth::{Attempts, Auth, Standing, too_many_attempts, turnstile};
use crate::config;
use crate::database::{Database, DatabaseError};

/// The most who may wait: more than an administrator can look at, and a megabyte in all.
pub const MOST_WAITING: u64 = 10_000;
/// How often an address may ask: several people behind one, and somebody who mistypes.
const BURST: NonZeroU32 = NonZeroU32::new(5).unwrap();
const REFILL: Duration = Duration::from_secs(60);
/// Nobody is answered sooner. The database takes a few milliseconds, more for an address that is new than for one
/// that it knows, and how long the answer took must not tell which.
const ANSWER_AFTER: Duration = Duration::from_millis(250);

/// What somebody sends who asks to be let in.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub email: String,
    /// Turnstile's token, where one is needed.
    pub token: String,
    /// Whether a field was filled in that no person sees.
    pub is_robot: bool,
}

/// The waitlist as strangers meet it.
#[derive(Debug)]
pub struct Waitlist {
    database: Database,
    auth: Arc<Auth>,
    audit: Audit,
    config: config::Waitlist,
    /// How many may wait.
    most: u64,
    attempts: Attempts,
}

impl Waitlist {
    #[must_use]
    pub fn new(database: Database, auth: Arc<Auth>, audit: Audit, config: &config::Waitlist, most: u64) -> Self {
        Self { database, auth, audit, config: config.clone(), most, attempts: Attempts::new(BURST, REFILL) }
    }

    /// Whether strangers may ask. Until there is an administrator nobody could let them in.
    ///
    /// # Errors
    /// As every query.
    pub async fn is_open(&self) -> Result<bool, DatabaseError> {
        Ok(self.config.is_open && self.auth.is_set_up().await?)
    }

    /// The key for Turnstile's widget, where asking takes its token.
    #[must_use]
    pub fn site_key(&self) -> Option<&str> {
        self.config.turnstile.as_ref().map(|turnstile| turnstile.site_key.as_str())
    }

    /// Puts somebody on the list who asks from `address`; answers where that address stands then, and how it went:
    /// RATE_LIMITED, VALIDATION_ERROR, CONFLICT when the list is full, RUNTIME_UNAVAILABLE.
    pub async fn ask(&self, asked: &Asked, address: IpAddr) -> (Standing, Result<(), ApiError>) {
        let standing = self.attempts.count(address);
        let outcome = match standing.retry_after {
            Some(wait) => Err(too_many(wait)),
            None => self.check_and_join(asked, address).await,
        };
        (standing, outcome)
    }

    async fn check_and_join(&self, asked: &Asked, address: IpAddr) -> Result<(), ApiError> {
        let email = asked.email.parse().map_err(|_| field("email", "an email address such as ada@example.org"))?;
        if let Some(turnstile) = &self.config.turnstile {
            let verified = turnstile::verify(&self.auth.outside, turnstile, &asked.token, address).await;
            if !verified.map_err(away)? {
                return Err(ApiError::new(
                    ErrorCode::ValidationError,
                    "Turnstile does not vouch for you. Wait until its box says so, then try again.",
                ));
            }
        }
        let joined = self.join(&email, asked.is_robot, address);
        tokio::join!(joined, tokio::time::sleep(ANSWER_AFTER)).0
    }

    async fn join(&self, email: &Email, is_robot: bool, address: IpAddr) -> Result<(), ApiError> {
        // Before the address is looked at, so that a full list tells everybody the same.
        if self.count().await? >= self.most {
            return Err(full());
        }
        if is_robot {
            tracing::debug!(%address, "a robot asked to be let in");
            return Ok(());
        }
        if self.database.person(email).await.map_err(unavailable)?.is_some() {
            return Ok(());
        }
        if !self.database.join_waitlist(email, OffsetDateTime::now_utc()).await.map_err(unavailable)? {
            return Ok(());
        }
        // Others may have come in the same moment.
        if self.count().await? > self.most {
            self.database.leave_waitlist(email).await.map_err(unavailable)?;
            return Err(full());
        }
        self.audit.record_nobody("waitlist.joined", email.as_str(), address).await;
        Ok(())
    }

    async fn count(&self) -> Result<u64, ApiError> {
        self.database.count_waitlist().await.map_err(unavailable)
    }
}

/// What administrators do.
impl AccountService {
    pub(super) async fn list_waiting(&self) -> Result<Vec<Waiting>, ApiError> {
        let waiting = self.database.waitlist().await.map_err(unavailable)?;
        Ok(waiting.into_iter().map(|one| Waiting { email: one.email, asked_at: to_text(one.asked_at) }).collect())
    }

    pub(super) async fn invite_waiting(&self, actor: &Actor, email: &Email) -> Result<Invited, ApiError> {
        if !self.database.is_on_waitlist(email).await.map_err(unavailable)? {
            return Err(nobody_waits());
        }
        let new = InvitePerson { email: email.clone(), role: Role::User };
        let invited = people::invite(&self.database, &self.audit, actor, new).await;
        if invited.as_ref().is_err_and(|error| error.code == ErrorCode::Conflict) {
            // They asked in the moment in which they were invited otherwise.
            self.database.leave_waitlist(email).await.map_err(unavailable)?;
        }
        let invited = invited?;
        self.audit.record(actor, "waitlist.approved", email.as_str()).await;
        Ok(invited)
    }

    pub(super) async fn dismiss_waiting(&self, actor: &Actor, email: &Email) -> Result<(), ApiError> {
        if !self.database.leave_waitlist(email).await.map_err(unavailable)? {
            return Err(nobody_waits());
        }
        self.audit.record(actor, "waitlist.dismissed", email.as_str()).await;
        Ok(())
    }
}

fn nobody_waits() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "Nobody waits with this address. Somebody else may have answered them.")
}

fn full() -> ApiError {
    ApiError::conflict("The waitlist is full. Try again another day, or write to whoever runs this server.")
}

fn too_many(wait: Duration) -> ApiError {
    ApiError::new(ErrorCode::RateLimited, too_many_attempts(wait))
}

fn away(error: turnstile::TurnstileError) -> ApiError {
    tracing::error!(%error, "nobody can join the waitlist");
    ApiError::new(
        ErrorCode::RuntimeUnavailable,
        "Whether you are a robot could not be checked, because Cloudflare Turnstile does not answer this server. Try \
         again in a few minutes.",
    )
}
