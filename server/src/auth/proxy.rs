//! A proxy before this server that signs people in, and says whom with a signed token in a header. Only the
//! signature counts: anybody can send a header.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::model::account::Email;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use thiserror::Error;
use time::OffsetDateTime;
use tokio::sync::Mutex;

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
    fetched: Instant,
}

/// The proxy's keys, as they were fetched last.
#[derive(Debug, Default)]
pub struct ProxyKeys(Mutex<Option<Keys>>);

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
        let expires_at = OffsetDateTime::from_unix_timestamp(claims.exp)
            .map_err(|_| ProxyError::Token("its end is no time".into()))?;
        Ok((Vouched { email, issuer: proxy.issuer.clone(), subject: claims.sub }, expires_at))
    }

    /// Forgets the keys, so that they are fetched when next needed.
    pub async fn forget(&self) {
        *self.0.lock().await = None;
    }

    /// The keys, fetched anew when they are old or lack the one with this `id`. One request waits for another's
    /// look.
    async fn with(&self, outside: &Outside, proxy: &Proxy, id: &str) -> Result<Arc<JwkSet>, ProxyError> {
        let mut known = self.0.lock().await;
        let from = proxy.keys();
        let ours = known.as_ref().filter(|known| known.from == from);
        if let Some(ours) = ours {
            let age = ours.fetched.elapsed();
            let is_enough = if ours.keys.find(id).is_some() { age < KEYS_LIFE } else { age < LOOK_AGAIN };
            if is_enough {
                return Ok(Arc::clone(&ours.keys));
            }
        }
        match fetch(outside, &from).await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                *known = Some(Keys { from, keys: Arc::clone(&keys), fetched: Instant::now() });
                Ok(keys)
            }
            // Nobody is shut out because the proxy's keys are away for a moment.
            Err(error) => match ours.filter(|ours| ours.keys.find(id).is_some()) {
                Some(ours) => {
                    tracing::warn!(%error, "the proxy's keys can't be fetched; the old ones are used");
                    Ok(Arc::clone(&ours.keys))
                }
                None => Err(error),
            },
        }
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
