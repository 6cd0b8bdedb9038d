//! Who asks, and whether they and their page may: passwords, cookies, API tokens, the Origin.
//!
//! Owns secrets of every kind, what a failed attempt costs, and which open connections must end; the routes that
//! use them are in `http`, and what people may do to accounts in [`crate::accounts`].

mod attempts;
mod cookie;
mod delays;
mod known;
mod live;
pub mod oidc;
mod origin;
pub mod outside;
mod password;
mod permission;
pub mod proxy;
mod token;
pub mod turnstile;
mod vouched;

pub use attempts::{Attempts, Standing, one_of, too_many_attempts};
pub use cookie::SESSION_COOKIE;
pub use live::{Connection, Live};
pub use origin::{is_cross_site, origin_is_allowed};
pub use password::{Passwords, TooBusy};
pub use permission::{Area, may};
pub use token::{SETUP_TOKEN_FILE, SetupToken};
pub use vouched::{Refused, Vouched};

use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use app::backend::{Access, Actor};
use app::model::account::{Email, PersonState, SignInWay};
use http::{HeaderMap, HeaderValue, header};
use thiserror::Error;
use time::OffsetDateTime;

use crate::accounts::Audit;
use crate::database::{Database, DatabaseError, SignIn, StoredPerson, TokenHash};
use crate::settings::SettingsStore;
use crate::shutdown::Shutdown;

/// The first administrator's id. Sessions from before there were accounts belong to it.
pub const ADMINISTRATOR: &str = "admin";
/// How long a sign-in lasts.
pub const SIGN_IN_LIFE: time::Duration = time::Duration::days(30);
/// How often sign-ins that have run out are removed. They count for nothing from the second they do.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// How long the audit log is kept.
const AUDIT_LIFE: time::Duration = time::Duration::days(400);
/// A token's last use is noted so often at most, so that reading costs no write.
const NOTE_USE_EVERY: time::Duration = time::Duration::minutes(1);
/// Wrong passwords for an account that cost no wait: from one address, and from all together. The second is
/// large, for anybody can make another's account wait by it.
const FREE_FROM_ONE: u32 = 4;
const FREE_FROM_ALL: u32 = 40;
/// The longest name of a browser that is kept, bytes.
const MAX_AGENT: usize = 256;

/// Who asks, and by what right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub actor: Actor,
    /// The cookie's or token's hash, under which long connections are noted.
    pub credential: TokenHash,
    /// When it runs out, if ever.
    pub expires_at: Option<OffsetDateTime>,
}

/// Why a password did not sign anybody in.
#[derive(Debug, Error)]
pub enum SignInError {
    /// Wrong, or there is no such account: nobody is told which.
    #[error("a wrong email or password")]
    Wrong,
    /// The password is right, and its person is kept out.
    #[error("a blocked account")]
    Blocked,
    /// Too many wrong ones of late.
    #[error("too many wrong passwords")]
    TooMany(Duration),
    /// Too many attempts at once, everybody's together.
    #[error("too many attempts at once")]
    Busy,
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What a request is said to come from.
#[derive(Debug)]
pub enum Who {
    Caller(Caller),
    /// The proxy vouches for somebody who may not come in.
    Refused(Email, Refused),
    Nobody,
}

impl From<Option<Caller>> for Who {
    fn from(caller: Option<Caller>) -> Self {
        caller.map_or(Self::Nobody, Self::Caller)
    }
}

/// Sign-in as the server uses it.
#[derive(Debug)]
pub struct Auth {
    database: Database,
    audit: Audit,
    settings: SettingsStore,
    known: known::Known,
    /// Of each account from each address.
    delays: delays::Delays,
    /// Of each account from everywhere.
    delays_of_all: delays::Delays,
    /// Connections that end with what opened them.
    pub live: Live,
    /// Hashes and compares passwords.
    pub passwords: Passwords,
    /// What the first administrator is made with.
    pub setup: SetupToken,
    /// Who has tried to sign in how often.
    pub attempts: Attempts,
    /// The way to other servers.
    pub outside: outside::Outside,
    /// Those that people sign in with.
    pub providers: oidc::Providers,
    /// Those of the proxy before this server.
    pub proxy_keys: proxy::ProxyKeys,
    is_set_up: AtomicBool,
}

impl Auth {
    /// A server without an administrator gets a setup token.
    ///
    /// # Errors
    /// When the token can't be written.
    pub fn new(database: Database, settings: SettingsStore, data_dir: &Path, is_set_up: bool) -> std::io::Result<Self> {
        Ok(Self {
            audit: Audit::new(database.clone()),
            database,
            settings,
            known: known::Known::default(),
            delays: delays::Delays::new(FREE_FROM_ONE),
            delays_of_all: delays::Delays::new(FREE_FROM_ALL),
            live: Live::default(),
            passwords: Passwords::default(),
            setup: SetupToken::new(data_dir, !is_set_up)?,
            attempts: Attempts::default(),
            outside: outside::Outside::default(),
            providers: oidc::Providers::default(),
            proxy_keys: proxy::ProxyKeys::default(),
            is_set_up: AtomicBool::new(is_set_up),
        })
    }

    /// Whether there is an administrator. Once there is, there always will be: the last can't be removed.
    ///
    /// # Errors
    /// As every query.
    pub async fn is_set_up(&self) -> Result<bool, DatabaseError> {
        if self.is_set_up.load(Ordering::Acquire) {
            return Ok(true);
        }
        let is_set_up = self.database.count_active_admins().await? > 0;
        if is_set_up {
            self.is_now_set_up();
        }
        Ok(is_set_up)
    }

    /// Whether this address may come in without an invitation, and so would be back after a removal.
    #[must_use]
    pub fn lets_in(&self, email: &Email) -> bool {
        self.settings.current().lets_in(email)
    }

    /// Notes that there is an administrator now.
    pub fn is_now_set_up(&self) {
        self.is_set_up.store(true, Ordering::Release);
        if let Err(error) = self.setup.retire() {
            tracing::warn!(%error, "the setup token's file can't be removed; the token is of no use any more");
        }
    }

    /// Whoever the API token, else the proxy's token, else the cookie in `headers` belongs to. A request with a
    /// bearer token is taken by that alone, so that a page can't borrow a cookie for what a token may not do. A
    /// proxy's token that lets nobody in leaves the cookie what it is, or a proxy that was set up wrong would shut
    /// everybody out. `address` is where the request came from.
    ///
    /// # Errors
    /// As every query.
    pub async fn who(&self, headers: &HeaderMap, address: IpAddr) -> Result<Who, DatabaseError> {
        match bearer(headers) {
            Bearer::Secret(secret) => {
                let hash = TokenHash::of(secret);
                return Ok(self.known_or(hash.clone(), self.by_token(hash, OffsetDateTime::now_utc())).await?.into());
            }
            Bearer::Malformed => return Ok(Who::Nobody),
            Bearer::None => {}
        }
        let by_proxy = self.by_proxys_word(headers, address).await?;
        if let Who::Caller(_) = by_proxy {
            return Ok(by_proxy);
        }
        let Some(secret) = cookie::read(headers) else { return Ok(by_proxy) };
        let hash = TokenHash::of(secret);
        match self.known_or(hash.clone(), self.by_cookie(hash, OffsetDateTime::now_utc())).await? {
            Some(caller) => Ok(Who::Caller(caller)),
            None => Ok(by_proxy),
        }
    }

    /// Whom what hashes to `shown` belongs to, as it was looked up a moment ago or is `looked_up` now.
    async fn known_or(
        &self,
        shown: TokenHash,
        looked_up: impl Future<Output = Result<Option<Caller>, DatabaseError>>,
    ) -> Result<Option<Caller>, DatabaseError> {
        if let Some(caller) = self.known.get(&shown, OffsetDateTime::now_utc()) {
            return Ok(Some(caller));
        }
        let caller = looked_up.await?;
        if let Some(caller) = &caller {
            self.known.insert(shown, caller.clone());
        }
        Ok(caller)
    }

    /// Whom the proxy's token in `headers` vouches for, if there is a proxy and it sent one.
    async fn by_proxys_word(&self, headers: &HeaderMap, address: IpAddr) -> Result<Who, DatabaseError> {
        let settings = self.settings.current();
        let Some(proxy) = settings.proxy.as_ref().filter(|proxy| headers.contains_key(proxy.header())) else {
            return Ok(Who::Nobody);
        };
        let Some(token) = only(headers, proxy.header()) else { return Ok(Who::Nobody) };
        let shown = TokenHash::of(token);
        if let Some(caller) = self.known.get(&shown, OffsetDateTime::now_utc()) {
            return Ok(Who::Caller(caller));
        }
        let (vouched, expires_at) = match self.proxy_keys.verify(&self.outside, proxy, token).await {
            Ok(vouched) => vouched,
            Err(error) => {
                tracing::debug!(%error, "a proxy's token is not believed");
                return Ok(Who::Nobody);
            }
        };
        // An elliptic signature can be turned into another that is as good, so that it is no part of the name.
        let signed = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
        match self.by_proxy(TokenHash::of(signed), &vouched, expires_at, headers, address).await? {
            Ok(Some(caller)) => {
                self.known.insert(shown, caller.clone());
                Ok(Who::Caller(caller))
            }
            Ok(None) => Ok(Who::Nobody),
            Err(why) => Ok(Who::Refused(vouched.email, why)),
        }
    }

    /// The sign-in that a proxy's token is, which is noted when it is first seen. None when it was ended here.
    async fn by_proxy(
        &self,
        hash: TokenHash,
        vouched: &Vouched,
        expires_at: OffsetDateTime,
        headers: &HeaderMap,
        address: IpAddr,
    ) -> Result<Result<Option<Caller>, Refused>, DatabaseError> {
        let now = OffsetDateTime::now_utc();
        if let Some(caller) = self.by_cookie(hash.clone(), now).await? {
            return Ok(Ok(Some(caller)));
        }
        let person = match self.welcome(vouched).await? {
            Ok(person) => person,
            Err(why) => return Ok(Err(why)),
        };
        let sign_in = SignIn {
            id: token::id(),
            user: person.id.clone(),
            way: SignInWay::Proxy,
            agent: agent(headers),
            address: address.to_string(),
            created_at: now,
            expires_at,
        };
        match self.database.insert_sign_in(&hash, &sign_in).await {
            Ok(()) => {
                self.database.saw_person(&person.id, now).await?;
                self.audit.record(&person.actor(sign_in.address), "sign_in", person.email.as_str()).await;
                Ok(Ok(caller(person, hash, Access::Browser, Some(expires_at))))
            }
            // Another request of the same page was first; or it was ended.
            Err(DatabaseError::Conflict(_)) => Ok(Ok(self.by_cookie(hash, now).await?)),
            Err(error) => Err(error),
        }
    }

    async fn by_cookie(&self, hash: TokenHash, now: OffsetDateTime) -> Result<Option<Caller>, DatabaseError> {
        let Some((sign_in, person)) = self.database.sign_in(&hash, now).await? else { return Ok(None) };
        Ok(caller(person, hash, Access::Browser, Some(sign_in.expires_at)))
    }

    async fn by_token(&self, hash: TokenHash, now: OffsetDateTime) -> Result<Option<Caller>, DatabaseError> {
        let Some((token, person)) = self.database.api_token(&hash, now).await? else { return Ok(None) };
        if token.used_at.is_none_or(|used_at| now - used_at >= NOTE_USE_EVERY)
            && let Err(error) = self.database.used_api_token(&hash, now).await
        {
            tracing::debug!(%error, "a token's use could not be noted");
        }
        Ok(caller(person, hash, Access::Token(token.scopes), token.expires_at))
    }

    /// The active person with this email and password, which came from `address`.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub async fn check(&self, email: &str, password: &str, address: &str) -> Result<StoredPerson, SignInError> {
        let email = email.parse::<Email>().ok();
        // What is no email is one account, that nobody has.
        let account = email.as_ref().map_or("", Email::as_str);
        let from_here = format!("{account} {address}");
        let now = Instant::now();
        if let Some(wait) = self.delays.wait(&from_here, now).max(self.delays_of_all.wait(account, now)) {
            return Err(SignInError::TooMany(wait));
        }
        // Counted before it is known, so that many at once are no way round the wait.
        self.delays.was_wrong(&from_here, now);
        self.delays_of_all.was_wrong(account, now);
        let person = match &email {
            Some(email) => self.database.person(email).await?,
            None => None,
        };
        let stored = person.as_ref().and_then(|person| person.password.clone());
        // Longer than any password can be: not worth a hash, and it tells nothing of the account.
        let is_right = password.len() <= app::model::account::MAX_PASSWORD
            && self.passwords.is_right(password.to_owned(), stored).await.map_err(|TooBusy| SignInError::Busy)?;
        match person {
            Some(person) if is_right => {
                self.delays.was_right(&from_here);
                self.delays_of_all.was_right(account);
                if person.state == PersonState::Active { Ok(person) } else { Err(SignInError::Blocked) }
            }
            _ => Err(SignInError::Wrong),
        }
    }

    /// Signs `person` in with the browser that sent `headers`, which ends what it was signed in as before; answers
    /// the `Set-Cookie` that makes it so. None when the person was blocked, removed or given another password since
    /// they were read: whoever knew the old one is out.
    ///
    /// # Errors
    /// As every query; nobody is signed in then.
    pub async fn sign_in(
        &self,
        person: &StoredPerson,
        way: SignInWay,
        headers: &HeaderMap,
        address: IpAddr,
    ) -> Result<Option<HeaderValue>, DatabaseError> {
        let secret = token::random();
        let created_at = OffsetDateTime::now_utc();
        let sign_in = SignIn {
            id: token::id(),
            user: person.id.clone(),
            way,
            agent: agent(headers),
            address: address.to_string(),
            created_at,
            expires_at: created_at + SIGN_IN_LIFE,
        };
        let hash = TokenHash::of(&secret);
        self.database.insert_sign_in(&hash, &sign_in).await?;
        // A reset changes the password first and ends sign-ins then, so that one of the two sees the other.
        let now = self.database.person_by_id(&person.id).await?;
        if now.is_none_or(|now| now.state != PersonState::Active || now.password != person.password) {
            self.end(&hash).await?;
            return Ok(None);
        }
        self.database.saw_person(&person.id, created_at).await?;
        if let Some(old) = cookie::read(headers) {
            self.end(&TokenHash::of(old)).await?;
        }
        Ok(Some(cookie::set(&secret, SIGN_IN_LIFE, self.settings.current().is_over_tls())))
    }

    /// Ends the sign-in of `credential`; answers the `Set-Cookie` that removes a cookie.
    ///
    /// # Errors
    /// As every query; the sign-in is still good then.
    pub async fn sign_out(&self, credential: &TokenHash) -> Result<HeaderValue, DatabaseError> {
        self.end(credential).await?;
        Ok(cookie::set("", time::Duration::ZERO, self.settings.current().is_over_tls()))
    }

    /// Ends a cookie or token for good, and what it opened. Does nothing when there is none.
    ///
    /// # Errors
    /// As every query; it is still good then.
    pub async fn end(&self, credential: &TokenHash) -> Result<(), DatabaseError> {
        // A hash is in one table at most, and this is too rare for it to matter that both are asked.
        self.database.delete_sign_in(credential).await?;
        self.database.delete_api_token(credential).await?;
        self.forget(credential);
        Ok(())
    }

    /// A cookie or token is good no more: it is believed no longer, and what it opened ends.
    pub fn forget(&self, credential: &TokenHash) {
        self.known.remove(credential);
        self.live.end(credential);
    }

    /// What a person may has changed: everything they hold is looked up again.
    pub fn forget_person(&self, user: &str) {
        self.known.remove_user(user);
    }

    /// Removes sign-ins that have run out and old entries of the audit log, now and then, until `shutdown`.
    pub async fn sweep(database: Database, shutdown: Shutdown) {
        loop {
            match database.delete_expired_sign_ins(OffsetDateTime::now_utc()).await {
                Ok(0) => {}
                Ok(count) => tracing::debug!(count, "removed sign-ins that had run out"),
                Err(error) => tracing::warn!(%error, "old sign-ins could not be removed; they are not good any more"),
            }
            if let Err(error) = database.delete_audit_before(OffsetDateTime::now_utc() - AUDIT_LIFE).await {
                tracing::warn!(%error, "the audit log could not be trimmed");
            }
            tokio::select! {
                () = shutdown.begun() => return,
                () = tokio::time::sleep(SWEEP_EVERY) => {}
            }
        }
    }
}

impl StoredPerson {
    /// The person as the audit log knows whoever comes from `address` and has just proved who they are.
    #[must_use]
    pub fn actor(&self, address: String) -> Actor {
        Actor { email: self.email.to_string(), address, ..Actor::person(&self.id) }
    }
}

/// The caller that a good credential makes of `person`, unless they are kept out.
fn caller(
    person: StoredPerson,
    credential: TokenHash,
    access: Access,
    expires_at: Option<OffsetDateTime>,
) -> Option<Caller> {
    if person.state != PersonState::Active {
        return None;
    }
    let (user, email, role) = (person.id, person.email.into(), person.role);
    let credential_bytes = Some(*credential.as_bytes());
    let actor = Actor { user, email, role, access, address: String::new(), credential: credential_bytes };
    Some(Caller { actor, credential, expires_at })
}

/// A random id, for what its person calls by it.
#[must_use]
pub fn random_id() -> String {
    token::id()
}

/// A random secret of 256 bits, hexadecimal.
#[must_use]
pub fn random_secret() -> String {
    token::random()
}

enum Bearer<'a> {
    None,
    Malformed,
    Secret(&'a str),
}

fn bearer(headers: &HeaderMap) -> Bearer<'_> {
    let mut values = headers.get_all(header::AUTHORIZATION).into_iter();
    let Some(value) = values.next() else { return Bearer::None };
    let Some((scheme, secret)) = value.to_str().ok().map(|text| text.split_once(' ').unwrap_or((text, ""))) else {
        return Bearer::Malformed;
    };
    // Other schemes are a proxy's before this server, and none of its business.
    match scheme.eq_ignore_ascii_case("bearer") {
        false => Bearer::None,
        true if values.next().is_none() && token::has_form(secret.trim()) => Bearer::Secret(secret.trim()),
        true => Bearer::Malformed,
    }
}

/// The header's value when there is exactly one.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// What a browser calls itself, as text that can be stored and shown.
fn agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().filter(|character| !character.is_control()).take(MAX_AGENT).collect()
}
