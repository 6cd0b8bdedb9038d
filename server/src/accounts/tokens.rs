//! What a person is signed in with: browsers and API tokens.

use app::backend::Actor;
use app::model::account::{ApiToken, CreateToken, CreatedToken, Role, Scope, SignedInBrowser};
use app::model::error::{ApiError, ErrorCode};
use time::{Duration, OffsetDateTime};

use super::{AccountService, Audit, to_text};
use crate::auth;
use crate::database::{Database, SignIn, StoredToken, TokenHash, unavailable};

/// Tokens a person may have at once.
const MOST_TOKENS: usize = 50;

/// Makes a token for `actor`.
///
/// # Errors
/// FORBIDDEN for the scope `admin` without the role; CONFLICT when there are too many.
pub async fn create(
    database: &Database,
    audit: &Audit,
    actor: &Actor,
    new: CreateToken,
) -> Result<CreatedToken, ApiError> {
    if new.scopes.contains(&Scope::Admin) && actor.role != Role::Admin {
        return Err(ApiError::new(ErrorCode::Forbidden, "Only an administrator's token can have the scope admin."));
    }
    if database.api_tokens_of(&actor.user).await.map_err(unavailable)?.len() >= MOST_TOKENS {
        let why = format!("There are {MOST_TOKENS} tokens already. Remove one that is not used any more.");
        return Err(ApiError::conflict(why));
    }
    let mut scopes = new.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    let now = OffsetDateTime::now_utc();
    let token = StoredToken {
        id: auth::random_id(),
        user: actor.user.clone(),
        name: new.name.trim().to_owned(),
        scopes,
        created_at: now,
        expires_at: new.expires_in_days.map(|days| now + Duration::days(days.into())),
        used_at: None,
    };
    let secret = auth::random_secret();
    database.insert_api_token(&TokenHash::of(&secret), &token).await.map_err(unavailable)?;
    audit.record(actor, "token.created", &token.name).await;
    Ok(CreatedToken { token: to_model(token), secret })
}

impl AccountService {
    pub(super) async fn list_browsers(&self, actor: &Actor) -> Result<Vec<SignedInBrowser>, ApiError> {
        let browsers = self.database.sign_ins_of(&actor.user, OffsetDateTime::now_utc()).await.map_err(unavailable)?;
        let to_model = |(hash, browser): (TokenHash, SignIn)| SignedInBrowser {
            id: browser.id,
            agent: browser.agent,
            address: browser.address,
            way: browser.way,
            created_at: to_text(browser.created_at),
            expires_at: to_text(browser.expires_at),
            is_this: actor.credential.as_ref() == Some(hash.as_bytes()),
        };
        Ok(browsers.into_iter().map(to_model).collect())
    }

    pub(super) async fn end_one_browser(&self, actor: &Actor, id: &str) -> Result<(), ApiError> {
        let browsers = self.database.sign_ins_of(&actor.user, OffsetDateTime::now_utc()).await.map_err(unavailable)?;
        let found = browsers.into_iter().find(|(_, browser)| browser.id == id);
        let (hash, browser) = found.ok_or_else(|| ApiError::not_found("browser"))?;
        self.auth.end(&hash).await.map_err(unavailable)?;
        self.audit.record(actor, "browser.ended", &browser.agent).await;
        Ok(())
    }

    pub(super) async fn end_browsers_but_this(&self, actor: &Actor) -> Result<(), ApiError> {
        let browsers = self.database.sign_ins_of(&actor.user, OffsetDateTime::now_utc()).await.map_err(unavailable)?;
        let is_other = |hash: &TokenHash| actor.credential.as_ref() != Some(hash.as_bytes());
        for (hash, _) in browsers.into_iter().filter(|(hash, _)| is_other(hash)) {
            self.auth.end(&hash).await.map_err(unavailable)?;
        }
        Ok(())
    }

    pub(super) async fn list_tokens(&self, actor: &Actor) -> Result<Vec<ApiToken>, ApiError> {
        let tokens = self.database.api_tokens_of(&actor.user).await.map_err(unavailable)?;
        Ok(tokens.into_iter().map(|(_, token)| to_model(token)).collect())
    }

    pub(super) async fn end_token(&self, actor: &Actor, id: &str) -> Result<(), ApiError> {
        let tokens = self.database.api_tokens_of(&actor.user).await.map_err(unavailable)?;
        let found = tokens.into_iter().find(|(_, token)| token.id == id);
        let (hash, token) = found.ok_or_else(|| ApiError::not_found("token"))?;
        self.auth.end(&hash).await.map_err(unavailable)?;
        self.audit.record(actor, "token.revoked", &token.name).await;
        Ok(())
    }
}

fn to_model(token: StoredToken) -> ApiToken {
    ApiToken {
        id: token.id,
        name: token.name,
        scopes: token.scopes,
        created_at: to_text(token.created_at),
        expires_at: token.expires_at.map(to_text),
        used_at: token.used_at.map(to_text),
    }
}
