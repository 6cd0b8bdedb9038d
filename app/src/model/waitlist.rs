//! What strangers are told and ask before they have an account.

use garde::Validate;
use serde::{Deserialize, Serialize};

use super::account::{Email, SignInWay};

/// The longest token that Turnstile gives a browser, bytes (developers.cloudflare.com/turnstile, "Validate the token").
pub const MAX_TURNSTILE_TOKEN: usize = 2048;

/// Asks to be let in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JoinWaitlist {
    /// An address such as ada@example.org.
    #[garde(skip)]
    #[cfg_attr(feature = "ssr", schema(format = "email"))]
    pub email: String,
    /// What Turnstile's widget gave the browser; needed where the server has a site key.
    #[garde(skip)]
    #[serde(default)]
    pub turnstile_token: String,
}

/// Somebody who waits to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Waiting {
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = "email"))]
    pub email: Email,
    /// RFC 3339, UTC.
    pub asked_at: String,
}

/// What a stranger's page has to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct OnboardingConfig {
    /// Whether strangers may ask to be let in.
    pub waitlist_open: bool,
    /// For Turnstile's widget, where asking takes its token.
    pub turnstile_site_key: Option<String>,
    /// How people sign in.
    pub sign_in: Vec<SignInWay>,
}
