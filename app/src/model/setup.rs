//! What the setup wizard asks and says.

use std::fmt;

use garde::Validate;
use serde::{Deserialize, Serialize};

use super::error::FieldError;

/// The longest answer, bytes.
const MAX_ANSWER: usize = 4096;

/// Whether the server has an administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SetupStatus {
    pub is_set_up: bool,
}

/// All that the wizard asks, as it is typed. What is left out is empty.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct SetupAnswers {
    /// The token that was printed when the server started. Only before it is set up.
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub token: String,
    /// The administrator's. Only before the server is set up.
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub email: String,
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub password: String,
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub again: String,
    /// How people sign in: `passwords`, `oidc` or `proxy`. Empty for passwords.
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub way: String,
    /// Not empty when people may use passwords besides.
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub passwords_too: String,
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub oidc_issuer: String,
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub oidc_client_id: String,
    /// Empty to keep the one that is stored.
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub oidc_client_secret: String,
    /// What the sign-in page calls the provider.
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub oidc_name: String,
    /// Not empty to believe addresses that the provider does not say it verified.
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub oidc_trust_email: String,
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub proxy_issuer: String,
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub proxy_audience: String,
    /// Empty for Cloudflare Access' own address below the issuer.
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub proxy_jwks_url: String,
    /// Where people reach the server, such as `https://berth.example`. Empty for the address it listens on.
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub public_url: String,
    /// Other origins whose pages may write and open sockets, between spaces or commas.
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub allowed_origins: String,
    /// Emails and `@domains` that need no invitation, between spaces or commas.
    #[garde(length(bytes, max = MAX_ANSWER))]
    pub allowed_people: String,
}

impl fmt::Debug for SetupAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetupAnswers").field("email", &self.email).field("way", &self.way).finish_non_exhaustive()
    }
}

/// One step's answers, to be looked at.
#[derive(Debug, Clone, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CheckSetup {
    /// 1 token · 2 administrator · 3 how people sign in · 4 where things run · 5 address and people
    #[garde(range(min = 1, max = 5))]
    pub step: u8,
    #[garde(dive)]
    pub answers: SetupAnswers,
}

/// What is to be said of a step's answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CheckedSetup {
    /// What will not do.
    pub fields: Vec<FieldError>,
    /// What was found out.
    pub notes: Vec<String>,
    /// How hard the password is to guess, 0 to 4, when one was given.
    pub strength: Option<u8>,
}

/// One thing that setting up does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SetupLine {
    pub what: String,
    pub is_done: bool,
    /// Why not.
    pub detail: String,
}

/// What setting up came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SetupOutcome {
    /// What was done, up to what could not be.
    pub lines: Vec<SetupLine>,
    /// Where people reach the server, once all is done.
    pub address: Option<String>,
}
