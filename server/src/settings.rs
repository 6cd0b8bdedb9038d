//! What can be changed while the server runs: by which address people come, who may, and how they sign in.
//!
//! The configuration has the last word. What it leaves open is the setup wizard's to decide, whose answers are in
//! the database; what nobody decided has a default. Owns that order and nothing that the settings are used for.

mod allowed;
mod secret;

pub use allowed::AllowedPeople;
pub use secret::Secret;

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::config::{Config, Origin};
use crate::database::{Database, DatabaseError};

/// The header in which Cloudflare Access hands on its token (developers.cloudflare.com/cloudflare-one,
/// "Validate JWTs").
const PROXY_HEADER: &str = "cf-access-jwt-assertion";
/// Where it publishes its keys, below the issuer.
const PROXY_KEYS: &str = "/cdn-cgi/access/certs";
/// What the sign-in page calls a provider that has no name.
const PROVIDER: &str = "OpenID Connect";

/// What somebody decided; none where nobody has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choices {
    /// Where people reach the server, when that is not the address it listens on.
    pub public_url: Option<Origin>,
    /// Other origins whose pages may write and open sockets.
    pub allowed_origins: Option<Vec<Origin>>,
    /// Who may come in without an invitation, when somebody else vouches for their address.
    pub allowed_people: Option<Vec<AllowedPeople>>,
    /// Whether people sign in with passwords.
    pub passwords: Option<bool>,
    pub oidc: Option<Oidc>,
    pub proxy: Option<Proxy>,
}

/// An OpenID Connect provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oidc {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<Secret>,
    /// What the sign-in page calls it.
    #[serde(default)]
    pub name: String,
    /// Whether an address counts that the provider does not say it verified.
    #[serde(default)]
    pub trust_email: bool,
}

impl Oidc {
    /// What the sign-in page calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.name.is_empty() { PROVIDER } else { &self.name }
    }
}

/// A proxy before this server that signs people in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    pub issuer: String,
    pub audience: String,
    #[serde(default)]
    pub jwks_url: Option<String>,
    #[serde(default)]
    pub header: Option<String>,
}

impl Proxy {
    /// Where its keys are.
    #[must_use]
    pub fn keys(&self) -> String {
        self.jwks_url.clone().unwrap_or_else(|| format!("{}{PROXY_KEYS}", self.issuer.trim_end_matches('/')))
    }

    /// The header that holds its token.
    #[must_use]
    pub fn header(&self) -> &str {
        self.header.as_deref().unwrap_or(PROXY_HEADER)
    }
}

/// What holds at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub public_url: Option<Origin>,
    pub allowed_origins: Vec<Origin>,
    pub allowed_people: Vec<AllowedPeople>,
    pub passwords: bool,
    pub oidc: Option<Oidc>,
    pub proxy: Option<Proxy>,
    /// Whether the server speaks TLS itself.
    pub serves_tls: bool,
}

impl Settings {
    fn new(fixed: &Choices, stored: Choices, serves_tls: bool) -> Self {
        let fixed = fixed.clone();
        let (oidc, proxy) = (fixed.oidc.or(stored.oidc), fixed.proxy.or(stored.proxy));
        let has_another_way = oidc.is_some() || proxy.is_some();
        Self {
            public_url: fixed.public_url.or(stored.public_url),
            allowed_origins: fixed.allowed_origins.or(stored.allowed_origins).unwrap_or_default(),
            allowed_people: fixed.allowed_people.or(stored.allowed_people).unwrap_or_default(),
            passwords: fixed.passwords.or(stored.passwords).unwrap_or(true) || !has_another_way,
            oidc,
            proxy,
            serves_tls,
        }
    }

    /// Whether people reach the server over TLS.
    #[must_use]
    pub fn is_over_tls(&self) -> bool {
        self.public_url.as_ref().map_or(self.serves_tls, Origin::is_https)
    }

    /// Where a person opens the server when it listens on `address`.
    #[must_use]
    pub fn address_for_people(&self, address: SocketAddr) -> String {
        if let Some(public) = &self.public_url {
            return public.to_string();
        }
        format!("{}://{}", if self.serves_tls { "https" } else { "http" }, from_here(address))
    }

    /// Whether this address may come in without an invitation.
    #[must_use]
    pub fn lets_in(&self, email: &app::model::account::Email) -> bool {
        self.allowed_people.iter().any(|allowed| allowed.includes(email))
    }
}

/// Where this machine reaches a server that listens on `address`, which may be every address there is.
#[must_use]
pub fn from_here(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// The settings that hold, and the way to change them. Clones share them.
#[derive(Debug, Clone)]
pub struct SettingsStore {
    database: Database,
    fixed: Arc<Choices>,
    serves_tls: bool,
    current: Arc<RwLock<Arc<Settings>>>,
}

impl SettingsStore {
    /// Reads what was stored.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn open(database: Database, config: &Config) -> Result<Self, DatabaseError> {
        let (fixed, serves_tls) = (config.chosen.clone(), config.tls.is_some());
        let stored = stored(&database).await?;
        let current = Arc::new(RwLock::new(Arc::new(Settings::new(&fixed, stored, serves_tls))));
        Ok(Self { database, fixed: Arc::new(fixed), serves_tls, current })
    }

    /// What holds now.
    #[must_use]
    pub fn current(&self) -> Arc<Settings> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the configuration decided, which can't be changed here.
    #[must_use]
    pub fn fixed(&self) -> &Choices {
        &self.fixed
    }

    /// What the wizard decided.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn stored(&self) -> Result<Choices, DatabaseError> {
        stored(&self.database).await
    }

    /// Stores `choices` in place of those before; they hold from now on.
    ///
    /// # Errors
    /// As every query; nothing has changed then.
    pub async fn store(&self, choices: Choices) -> Result<(), DatabaseError> {
        let corrupt = |error: serde_json::Error| DatabaseError::Corrupt { what: "settings", detail: error.to_string() };
        self.database.store_setting(ROW, &serde_json::to_string(&choices).map_err(corrupt)?).await?;
        let settings = Arc::new(Settings::new(&self.fixed, choices, self.serves_tls));
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = settings;
        Ok(())
    }
}

/// The row of the wizard's answers.
const ROW: &str = "server";

async fn stored(database: &Database) -> Result<Choices, DatabaseError> {
    let Some(text) = database.setting(ROW).await? else { return Ok(Choices::default()) };
    serde_json::from_str(&text).map_err(|error| DatabaseError::Corrupt { what: "settings", detail: error.to_string() })
}

/// An address of somebody else's that is fetched from: https, or http on this machine.
///
/// # Errors
/// What is wrong with it.
pub fn check_issuer(text: &str) -> Result<String, String> {
    let form = || format!("expected an https:// address, found `{text}`");
    let url = Url::parse(text.trim()).map_err(|_| form())?;
    let is_here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(form()),
    };
    let is_fit = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    if !is_fit || !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(form());
    }
    // As it was written: issuers are compared as text.
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oidc() -> Oidc {
        Oidc {
            issuer: "https://id.example".into(),
            client_id: "berth".into(),
            client_secret: Some(Secret::from("hunter2".to_owned())),
            name: String::new(),
            trust_email: false,
        }
    }

    #[test]
    fn the_configuration_has_the_last_word_and_defaults_the_first() {
        let none = Choices::default();
        let defaults = Settings::new(&none, none.clone(), false);
        assert!(defaults.passwords && defaults.public_url.is_none() && !defaults.is_over_tls());
        let stored = Choices {
            public_url: "https://stored.example".parse().ok(),
            allowed_people: Some(vec!["@stored.example".parse().expect("good")]),
            ..none.clone()
        };
        let fixed = Choices { public_url: "http://fixed.example".parse().ok(), ..none };
        let settings = Settings::new(&fixed, stored, true);
        assert_eq!(settings.public_url.as_ref().map(Origin::as_str), Some("http://fixed.example"));
        assert!(settings.lets_in(&"ada@stored.example".parse().expect("good")));
        assert!(!settings.is_over_tls(), "the public address is not");
    }

    #[test]
    fn passwords_can_be_turned_off_only_where_there_is_another_way_in() {
        let off = Choices { passwords: Some(false), ..Choices::default() };
        assert!(Settings::new(&off, Choices::default(), false).passwords);
        let stored = Choices { oidc: Some(oidc()), ..Choices::default() };
        assert!(!Settings::new(&off, stored, false).passwords);
    }

    #[test]
    fn secrets_are_kept_and_never_printed() {
        let stored = Choices { oidc: Some(oidc()), ..Choices::default() };
        assert!(!format!("{stored:?}").contains("hunter2"));
        let text = serde_json::to_string(&stored).expect("written");
        assert_eq!(serde_json::from_str::<Choices>(&text).expect("read"), stored);
    }

    #[test]
    fn only_addresses_that_can_be_trusted_are_fetched_from() {
        for good in ["https://id.example", "https://id.example/realms/x", "http://127.0.0.1:9000", "http://[::1]:1/a"] {
            assert_eq!(check_issuer(good).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "id.example",
            "http://id.example",
            "https://a:b@id.example",
            "file:///etc/passwd",
            "https://",
            "ftp://a",
        ] {
            assert!(check_issuer(bad).is_err(), "{bad}");
        }
    }
}
