//! What server functions and REST controllers call: one trait a service. The server implements
//! them; nothing here knows how.

pub mod accounts;
pub mod operations;
pub mod preferences;
pub mod sessions;
pub mod storage;

pub use accounts::Accounts;
pub use operations::Operations;
pub use preferences::Preferences;
pub use sessions::Sessions;
pub use storage::Storage;

use std::sync::Arc;

use crate::model;
use crate::model::account::{Role, Scope};
use crate::model::error::ApiError;

/// How somebody proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// By the cookie of a browser they signed in with.
    Browser,
    /// By an API token with these scopes.
    Token(Vec<Scope>),
    /// By being on the server's own machine, at its command line.
    CommandLine,
}

/// Who asks. Made by the server's authentication and by nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The person's id; sessions belong to one.
    pub user: String,
    /// What the audit log calls them.
    pub email: String,
    pub role: Role,
    pub access: Access,
    /// Where the request came from; empty when it came from nowhere.
    pub address: String,
    /// The hash of the cookie or token that was shown, so that its own browser can be told from the others.
    pub credential: Option<[u8; 32]>,
}

impl Actor {
    /// The person with the id `user`, in a browser, without an admin's rights.
    #[must_use]
    pub fn person(user: impl Into<String>) -> Self {
        let user = user.into();
        Self {
            email: user.clone(),
            user,
            role: Role::User,
            access: Access::Browser,
            address: String::new(),
            credential: None,
        }
    }
}

/// What the server puts into Leptos' context for each request.
#[derive(Clone)]
pub struct RequestContext {
    /// Who is signed in, if anybody.
    pub actor: Option<Actor>,
    /// The request's id.
    pub request_id: String,
    /// The service behind the session pages.
    pub sessions: Arc<dyn Sessions>,
    /// The service behind the settings.
    pub preferences: Arc<dyn Preferences>,
    /// The service behind the files.
    pub storage: Arc<dyn Storage>,
    /// What the person prefers, as far as a page needs it for its first paint; else the defaults.
    pub preferred: model::preferences::Preferences,
}

impl RequestContext {
    /// The request's context and who asks.
    ///
    /// # Errors
    /// AUTH_ERROR when nobody is signed in.
    pub fn authenticated() -> Result<(Self, Actor), ApiError> {
        let context: Self = leptos::prelude::use_context().ok_or_else(ApiError::internal)?;
        let actor = context.actor.clone().ok_or_else(ApiError::not_signed_in)?;
        Ok((context, actor))
    }
}
