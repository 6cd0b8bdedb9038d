//! A proxy before this server that signs people in, and says whom with a signed token in a header. Only the
//! signature counts: anybody can send a header.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use app::model::account::Email;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use thiserror::Error;
use time::OffsetDateTime;

use super::outside::{Outside, OutsideError};
use super::vouched::Vouched;
use crate::settings::Proxy;

/// How long keys are used before they are looked for again.
const KEYS_LIFE: Duration = Duration::from_secs(3600);
/// Between two looks for a key that is unknown, so that made-up keys' names cause no flood.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// How far clocks may differ, seconds.
const LEEWAY: u64 = 30;
/// The longest token, bytes.
const MAX_TOKEN: usize = 16 * 1024;

/// Why a proxy's token is not believed.
#[derive(Debug, Error)]
pub enum ProxyError {
    #[error("it is no token of the kind that is believed: {0}")]
    Token(String),
    #[error("it was signed with a key that the proxy does not publish")]
    UnknownKey,
    #[error("the proxy's keys can't be fetched: {0}")]
    Keys(#[from] OutsideError),
}

impl From<jsonwebtoken::errors::Error> for ProxyError {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        Self::Token(error.to_string())
    }
}

#[derive(Debug, Clone)]
struct Keys {
    from: String,
    keys: Arc<JwkSet>,
    /// When they came, and when they were looked for last.
    fetched: Option<Instant>,
    tried: Option<Instant>,
}

impl Keys {
    fn is_fresh(&self) -> bool {
        self.fetched.is_some_and(|at| at.elapsed() < KEYS_LIFE)
    }

    fn was_tried(&self) -> bool {
        self.tried.is_some_and(|at| at.elapsed() < LOOK_AGAIN)
    }
}

/// The proxy's keys, as they were fetched last.
#[derive(Debug, Default)]
pub struct ProxyKeys {
    known: Mutex<Option<Keys>>,
    /// Held while they are looked for.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Deserialize)]
struct Claims {
    email: String,
    sub: String,
    exp: i64,
}

impl ProxyKeys {
    /// Whom `token` vouches for, and until when.
    ///
    /// # Errors
    /// See [`ProxyError`].
    pub async fn verify(
        &self,
        outside: &Outside,
        proxy: &Proxy,
        token: &str,
    ) -> Result<(Vouched, OffsetDateTime), ProxyError> {
        if token.len() > MAX_TOKEN {
            return Err(ProxyError::Token("it is too long".into()));
        }
        let header = decode_header(token)?;
        // Only signatures that need a private key: with the others a published key would be the secret itself.
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
            return Err(ProxyError::Token(format!("it is signed by {:?}", header.alg)));
        }
        let id = header.kid.ok_or_else(|| ProxyError::Token("it names no key".into()))?;
        let keys = self.with(outside, proxy, &id).await?;
        let key = keys.find(&id).ok_or(ProxyError::UnknownKey)?;
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&[&proxy.audience]);
        validation.set_issuer(&[&proxy.issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY;
        let claims = decode::<Claims>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims;
        let email: Email =
            claims.email.parse().map_err(|_| ProxyError::Token("its email is none that is accepted".into()))?;
        let expires_at = OffsetDateTime::from_unix_timestamp(claims.exp.saturating_add(LEEWAY.cast_signed()))
            .map_err(|_| ProxyError::Token("its end is no time".into()))?;
        Ok((Vouched { email, issuer: proxy.issuer.clone(), subject: claims.sub }, expires_at))
    }

    /// The keys, looked for again when they are old or lack the one with this `id`. Whoever can be answered from
    /// the old ones is not kept waiting, and others wait for one look in ten seconds, whatever comes of it.
    async fn with(&self, outside: &Outside, proxy: &Proxy, id: &str) -> Result<Arc<JwkSet>, ProxyError> {
        let from = proxy.keys();
        let known = self.known(&from);
        let has_it = known.keys.find(id).is_some();
        if (has_it && known.is_fresh()) || known.was_tried() {
            return Ok(known.keys);
        }
        let _looking = if has_it {
            match self.looking.try_lock() {
                Ok(looking) => looking,
                Err(_) => return Ok(known.keys),
            }
        } else {
            self.looking.lock().await
        };
        // Somebody else may have looked meanwhile.
        let known = self.known(&from);
        if known.was_tried() {
            return Ok(known.keys);
        }
        match fetch(outside, &from).await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                let now = Some(Instant::now());
                self.note(Keys { from, keys: Arc::clone(&keys), fetched: now, tried: now });
                Ok(keys)
            }
            Err(error) => {
                self.note(Keys { tried: Some(Instant::now()), ..known.clone() });
                // Nobody is shut out because the proxy's keys are away for a moment.
                if !has_it {
                    return Err(error);
                }
                tracing::warn!(%error, "the proxy's keys can't be fetched; the old ones are used");
                Ok(known.keys)
            }
        }
    }

    /// What is known of the keys at this address.
    fn known(&self, from: &str) -> Keys {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let none = || Keys { from: from.to_owned(), keys: Arc::default(), fetched: None, tried: None };
        known.as_ref().filter(|known| known.from == from).cloned().unwrap_or_else(none)
    }

    fn note(&self, keys: Keys) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys);
    }
}

/// The keys that are published at `address`.
///
/// # Errors
/// [`ProxyError::Keys`].
pub async fn fetch(outside: &Outside, address: &str) -> Result<JwkSet, ProxyError> {
    let request = http::Request::get(address).body(Vec::new()).map_err(OutsideError::Http)?;
    Ok(outside.json(request).await?)
}
