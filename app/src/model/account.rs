//! People as the page and the API see them: accounts, what signs them in, and what admins are told.

mod email;
mod password;

pub use email::{Email, InvalidEmail};
pub use password::{MAX_PASSWORD, MIN_PASSWORD, check_password};

use garde::Validate;
use serde::{Deserialize, Serialize};

/// The longest name of a token, characters.
pub const MAX_TOKEN_NAME: usize = 64;
/// The longest life of a token that has an end, days.
pub const MAX_TOKEN_DAYS: u32 = 3650;

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Their own sessions, and everybody's accounts.
    Admin,
    /// Their own sessions.
    User,
}

impl Role {
    /// As it is stored and shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::User => "user",
        }
    }

    /// The role that is stored as `word`.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Admin, Self::User].into_iter().find(|role| role.word() == word)
    }
}

/// Whether a person may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PersonState {
    /// Invited, and not here yet.
    Pending,
    Active,
    /// Kept out by an admin; their files and sessions are kept.
    Blocked,
}

impl PersonState {
    /// As it is stored and shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Blocked => "blocked",
        }
    }

    /// The state that is stored as `word`.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Pending, Self::Active, Self::Blocked].into_iter().find(|state| state.word() == word)
    }
}

/// What an API token may be used for. Each but `read` includes reading its own area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Reading whatever its person may read, but for admins' pages.
    Read,
    /// Sessions, their terminals, preferences.
    Sessions,
    /// Files.
    Storage,
    /// Batch jobs.
    Jobs,
    /// What only admins may do. Of no use in anybody else's token.
    Admin,
}

impl Scope {
    /// Every one, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Read, Self::Sessions, Self::Storage, Self::Jobs, Self::Admin];

    /// As it is stored and shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Sessions => "sessions",
            Self::Storage => "storage",
            Self::Jobs => "jobs",
            Self::Admin => "admin",
        }
    }

    /// The scope that is stored as `word`.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

/// How a browser came to be signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignInWay {
    /// By a password, or by the link that let its person choose one.
    Password,
    /// By an OpenID Connect provider.
    Oidc,
    /// By a proxy before the server.
    Proxy,
}

impl SignInWay {
    /// As it is stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Oidc => "oidc",
            Self::Proxy => "proxy",
        }
    }

    /// The way that is stored as `word`.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Password, Self::Oidc, Self::Proxy].into_iter().find(|way| way.word() == word)
    }
}

/// A person. Times are RFC 3339, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Person {
    /// What their sessions belong to. Never changes.
    pub id: String,
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = "email"))]
    pub email: Email,
    pub role: Role,
    pub state: PersonState,
    pub created_at: String,
    /// When they signed in last.
    pub seen_at: Option<String>,
}

/// Invites a person.
#[derive(Debug, Clone, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct InvitePerson {
    #[garde(skip)]
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = "email"))]
    pub email: Email,
    #[garde(skip)]
    pub role: Role,
}

/// Changes a person. What is left out stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ChangePerson {
    #[garde(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// `active` or `blocked`; nobody is made pending again.
    #[garde(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<PersonState>,
}

/// A person and the link by which they choose their password, once, within seven days. It is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Invited {
    pub person: Person,
    /// The path on this server, such as `/welcome?token=…`.
    pub path: String,
}

/// A new password.
#[derive(Clone, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ChangePassword {
    /// The one that is good now.
    #[garde(length(bytes, max = MAX_PASSWORD))]
    pub current: String,
    /// At least twelve characters.
    #[garde(custom(|new: &String, (): &()| check_password(new).map_err(garde::Error::new)))]
    pub new: String,
}

impl std::fmt::Debug for ChangePassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChangePassword(…)")
    }
}

/// A browser that a person is signed in with. Times are RFC 3339, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SignedInBrowser {
    pub id: String,
    /// What it calls itself, cut to a sane length.
    pub agent: String,
    /// Where it signed in from.
    pub address: String,
    pub way: SignInWay,
    pub created_at: String,
    pub expires_at: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// An API token without its secret. Times are RFC 3339, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ApiToken {
    pub id: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_at: String,
    pub expires_at: Option<String>,
    /// To the minute.
    pub used_at: Option<String>,
}

/// Makes an API token.
#[derive(Debug, Clone, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CreateToken {
    #[garde(length(chars, min = 1, max = MAX_TOKEN_NAME), custom(|name: &String, (): &()| check_name(name)))]
    pub name: String,
    #[garde(length(min = 1, max = 5))]
    pub scopes: Vec<Scope>,
    /// Days until it runs out; without it, never.
    #[garde(inner(range(min = 1, max = MAX_TOKEN_DAYS)))]
    #[serde(default)]
    pub expires_in_days: Option<u32>,
}

fn check_name(name: &str) -> garde::Result {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(garde::Error::new("a name of visible characters"));
    }
    Ok(())
}

/// A new API token. The secret is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CreatedToken {
    pub token: ApiToken,
    /// For `Authorization: Bearer <secret>`.
    pub secret: String,
}

impl std::fmt::Debug for CreatedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedToken").field("token", &self.token).finish_non_exhaustive()
    }
}

/// One line of the audit log. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Grows with time; for `before`.
    pub id: i64,
    /// RFC 3339, UTC.
    pub at: String,
    /// Who: an email, or `command line`, or `nobody` before sign-in.
    pub who: String,
    /// What, such as `person.invited`.
    pub action: String,
    /// To what: an email, a session's id, a token's name.
    pub target: String,
    /// From where; empty for the command line.
    pub address: String,
}

/// Which part of the audit log.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::IntoParams))]
#[serde(default)]
pub struct AuditQuery {
    /// Entries of this person only: an email.
    #[garde(length(bytes, max = 254))]
    pub who: String,
    /// Actions that begin so, such as `person.`.
    #[garde(length(bytes, max = 64))]
    pub action: String,
    /// Entries with a smaller id only.
    #[garde(skip)]
    pub before: Option<i64>,
}
