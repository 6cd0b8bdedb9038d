//! What server functions and REST controllers call: one trait a service. The server implements
//! them; nothing here knows how.

pub mod preferences;
pub mod sessions;

pub use preferences::Preferences;
pub use sessions::Sessions;

use std::sync::Arc;

use crate::model;
use crate::model::error::ApiError;

/// Who asks. Made by the server's authentication and by nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The person's id; sessions belong to one.
    pub user: String,
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
