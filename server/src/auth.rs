//! Who asks, and whether their page may: the one-time token, the cookie, the Origin.
//!
//! Until accounts land there is one person, [`ADMINISTRATOR`], who signs in with a token that is
//! printed at start-up. Owns tokens, cookies and the rules on origins; the routes that use them are in
//! `http`.

mod attempts;
mod cookie;
mod known;
mod origin;
mod token;

pub use attempts::{Attempts, Standing};
pub use cookie::SESSION_COOKIE;
pub use origin::{is_cross_site, origin_is_allowed};
pub use token::{SIGN_IN_TOKEN_FILE, SignInToken};

use std::path::Path;
use std::time::Duration;

use app::backend::Actor;
use http::{HeaderMap, HeaderValue};
use time::OffsetDateTime;

use crate::database::{Database, DatabaseError, SignIn, TokenHash};
use crate::shutdown::Shutdown;

/// The one person there is until accounts land.
pub const ADMINISTRATOR: &str = "admin";
/// How long a sign-in lasts.
pub const SIGN_IN_LIFE: time::Duration = time::Duration::days(30);
/// How often sign-ins that have run out are removed. They count for nothing from the second they do.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// Sign-in as the server uses it.
#[derive(Debug)]
pub struct Auth {
    database: Database,
    known: known::Known,
    /// The token that signs in next.
    pub token: SignInToken,
    /// Who has tried how often.
    pub attempts: Attempts,
    is_secure: bool,
}

impl Auth {
    /// Makes the first token and writes it into `data_dir`. `is_secure` marks cookies for TLS only.
    ///
    /// # Errors
    /// When the token can't be written.
    pub fn new(database: Database, data_dir: &Path, is_secure: bool) -> std::io::Result<Self> {
        let token = SignInToken::new(data_dir)?;
        Ok(Self { database, known: known::Known::default(), token, attempts: Attempts::default(), is_secure })
    }

    /// Whoever the cookie in `headers` belongs to.
    ///
    /// # Errors
    /// As every query.
    pub async fn actor(&self, headers: &HeaderMap) -> Result<Option<Actor>, DatabaseError> {
        let Some(secret) = cookie::read(headers) else { return Ok(None) };
        let hash = TokenHash::of(secret);
        let now = OffsetDateTime::now_utc();
        if let Some(actor) = self.known.get(&hash, now) {
            return Ok(Some(actor));
        }
        let Some(sign_in) = self.database.sign_in(&hash, now).await? else { return Ok(None) };
        let actor = Actor { user: sign_in.user };
        self.known.insert(hash, actor.clone(), sign_in.expires_at);
        Ok(Some(actor))
    }

    /// Signs `user` in; answers the `Set-Cookie` that makes it so.
    ///
    /// # Errors
    /// As every query; nobody is signed in then.
    pub async fn sign_in(&self, user: &str) -> Result<HeaderValue, DatabaseError> {
        let secret = token::random();
        let created_at = OffsetDateTime::now_utc();
        let sign_in = SignIn { user: user.to_owned(), created_at, expires_at: created_at + SIGN_IN_LIFE };
        self.database.insert_sign_in(&TokenHash::of(&secret), &sign_in).await?;
        Ok(cookie::set(&secret, SIGN_IN_LIFE, self.is_secure))
    }

    /// Ends the sign-in of the cookie in `headers`; answers the `Set-Cookie` that removes it.
    ///
    /// # Errors
    /// As every query; the sign-in is still good then.
    pub async fn sign_out(&self, headers: &HeaderMap) -> Result<HeaderValue, DatabaseError> {
        if let Some(secret) = cookie::read(headers) {
            let hash = TokenHash::of(secret);
            self.database.delete_sign_in(&hash).await?;
            self.known.remove(&hash);
        }
        Ok(cookie::set("", time::Duration::ZERO, self.is_secure))
    }

    /// Removes sign-ins that have run out, now and then, until `shutdown`.
    pub async fn sweep(database: Database, shutdown: Shutdown) {
        loop {
            match database.delete_expired_sign_ins(OffsetDateTime::now_utc()).await {
                Ok(0) => {}
                Ok(count) => tracing::debug!(count, "removed sign-ins that had run out"),
                Err(error) => tracing::warn!(%error, "old sign-ins could not be removed; they are not good any more"),
            }
            tokio::select! {
                () = shutdown.begun() => return,
                () = tokio::time::sleep(SWEEP_EVERY) => {}
            }
        }
    }
}
