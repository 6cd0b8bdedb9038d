//! Signing in with an OpenID Connect provider: the authorization code flow with PKCE, state and nonce.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::model::account::Email;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenClaims, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AccessToken, AsyncHttpClient, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope, SignatureVerificationError, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::Mutex;
use url::Url;

use super::outside::{Outside, OutsideError, chain};
use super::token;
use super::vouched::Vouched;
use crate::settings::Oidc;

/// How long a provider's description is used before it is read again.
const METADATA_LIFE: Duration = Duration::from_secs(3600);

/// Why somebody could not sign in with the provider.
#[derive(Debug, Error)]
pub enum OidcError {
    /// The configured address is none.
    #[error("an address can't be used: {0}")]
    Address(String),
    /// It does not describe itself as it should.
    #[error("the provider does not describe itself: {0}")]
    Discovery(String),
    /// It gave no tokens for the code.
    #[error("the provider gives no tokens: {0}")]
    Code(String),
    /// What it says of the person can't be believed.
    #[error("the provider's word can't be believed: {0}")]
    Claims(String),
    /// It tells no address of the person's, or none that can be used.
    #[error("the provider tells no email address that can be used")]
    NoEmail,
    /// It does not say that the address is the person's.
    #[error("the provider does not say that it verified the address {0}")]
    Unverified(Email),
}

/// What a browser keeps, sealed, while its person is at the provider's.
#[derive(Debug, Serialize, Deserialize)]
pub struct Flow {
    issuer: String,
    state: String,
    nonce: String,
    verifier: String,
    /// Where they wanted to go.
    pub next: String,
    /// When it began, seconds since 1970.
    pub began_at: i64,
}

impl Flow {
    /// Whether the provider's answer is to this flow.
    #[must_use]
    pub fn is_answered_by(&self, state: &str) -> bool {
        token::is_same(&self.state, state)
    }
}

#[derive(Debug, Clone)]
struct Known {
    metadata: Arc<CoreProviderMetadata>,
    read: Instant,
}

/// Providers, as they described themselves last.
#[derive(Debug, Default)]
pub struct Providers(Mutex<Option<Known>>);

impl Providers {
    /// Where a browser goes to sign in, and what it keeps meanwhile. `redirect` is where it comes back to.
    ///
    /// # Errors
    /// See [`OidcError`].
    pub async fn begin(
        &self,
        outside: &Outside,
        oidc: &Oidc,
        redirect: String,
        next: String,
    ) -> Result<(Url, Flow), OidcError> {
        let metadata = self.metadata(outside, &oidc.issuer).await?;
        let client = CoreClient::from_provider_metadata(
            CoreProviderMetadata::clone(&metadata),
            ClientId::new(oidc.client_id.clone()),
            None,
        );
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (address, state, nonce) = client
            .set_redirect_uri(redirect_to(redirect)?)
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".into()))
            .set_pkce_challenge(challenge)
            .url();
        let flow = Flow {
            issuer: oidc.issuer.clone(),
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            next,
            began_at: time::OffsetDateTime::now_utc().unix_timestamp(),
        };
        Ok((address, flow))
    }

    /// Whom the provider vouches for with this `code`.
    ///
    /// # Errors
    /// See [`OidcError`].
    pub async fn finish(
        &self,
        outside: &Outside,
        oidc: &Oidc,
        redirect: String,
        flow: Flow,
        code: String,
    ) -> Result<Vouched, OidcError> {
        if flow.issuer != oidc.issuer {
            return Err(OidcError::Claims("the provider was changed meanwhile".into()));
        }
        let metadata = self.metadata(outside, &oidc.issuer).await?;
        let client = client(&metadata, oidc).set_redirect_uri(redirect_to(redirect)?);
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| OidcError::Discovery(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(flow.verifier))
            .request_async(outside)
            .await
            .map_err(|error| OidcError::Code(chain(&error)))?;
        let id_token = tokens.id_token().ok_or_else(|| OidcError::Code("there is no ID token".into()))?;
        let nonce = Nonce::new(flow.nonce);
        let claims = self.believe(outside, oidc, &metadata, id_token, &nonce).await?;
        let subject = claims.subject().to_string();
        let (email, is_verified) = match claims.email() {
            Some(email) => (email.to_string(), claims.email_verified()),
            // Many providers tell it to those only who come with the access token.
            None => ask(outside, oidc, &metadata, tokens.access_token().clone(), &claims).await?,
        };
        let email: Email = email.parse().map_err(|_| OidcError::NoEmail)?;
        if is_verified != Some(true) && !(is_verified.is_none() && oidc.trust_email) {
            return Err(OidcError::Unverified(email));
        }
        Ok(Vouched { email, issuer: oidc.issuer.clone(), subject })
    }

    /// The ID token's claims, with the keys read anew when it was signed with an unknown one.
    async fn believe(
        &self,
        outside: &Outside,
        oidc: &Oidc,
        metadata: &CoreProviderMetadata,
        id_token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<CoreIdTokenClaims, OidcError> {
        let refused = |error: ClaimsVerificationError| OidcError::Claims(chain(&error));
        match id_token.claims(&client(metadata, oidc).id_token_verifier(), nonce) {
            Ok(claims) => Ok(claims.clone()),
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                *self.0.lock().await = None;
                let metadata = self.metadata(outside, &oidc.issuer).await?;
                id_token.claims(&client(&metadata, oidc).id_token_verifier(), nonce).cloned().map_err(refused)
            }
            Err(error) => Err(refused(error)),
        }
    }

    /// What the provider says of itself.
    async fn metadata(&self, outside: &Outside, issuer: &str) -> Result<Arc<CoreProviderMetadata>, OidcError> {
        let mut known = self.0.lock().await;
        if let Some(known) = known.as_ref()
            && known.metadata.issuer().as_str() == issuer
            && known.read.elapsed() < METADATA_LIFE
        {
            return Ok(Arc::clone(&known.metadata));
        }
        let metadata = Arc::new(discover(outside, issuer).await?);
        *known = Some(Known { metadata: Arc::clone(&metadata), read: Instant::now() });
        Ok(metadata)
    }
}

/// What the provider at `issuer` says of itself, with its keys.
///
/// # Errors
/// [`OidcError::Address`], [`OidcError::Discovery`].
pub async fn discover(outside: &Outside, issuer: &str) -> Result<CoreProviderMetadata, OidcError> {
    let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|error| OidcError::Address(error.to_string()))?;
    CoreProviderMetadata::discover_async(issuer, outside).await.map_err(|error| OidcError::Discovery(chain(&error)))
}

/// The address as the provider's user info has it.
async fn ask(
    outside: &Outside,
    oidc: &Oidc,
    metadata: &CoreProviderMetadata,
    token: AccessToken,
    claims: &CoreIdTokenClaims,
) -> Result<(String, Option<bool>), OidcError> {
    let told: CoreUserInfoClaims = client(metadata, oidc)
        .user_info(token, Some(claims.subject().clone()))
        .map_err(|_| OidcError::NoEmail)?
        .request_async(outside)
        .await
        .map_err(|error| OidcError::Claims(chain(&error)))?;
    let email = told.email().ok_or(OidcError::NoEmail)?.to_string();
    Ok((email, told.email_verified()))
}

/// The client, with its secret. Its type says which of the provider's addresses are known.
fn client(
    metadata: &CoreProviderMetadata,
    oidc: &Oidc,
) -> CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
> {
    let secret = oidc.client_secret.as_ref().map(|secret| ClientSecret::new(secret.reveal().to_owned()));
    CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(oidc.client_id.clone()), secret)
}

fn redirect_to(address: String) -> Result<RedirectUrl, OidcError> {
    RedirectUrl::new(address).map_err(|error| OidcError::Address(error.to_string()))
}

impl<'c> AsyncHttpClient<'c> for Outside {
    type Error = OutsideError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutsideError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
