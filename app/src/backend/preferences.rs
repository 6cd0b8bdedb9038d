//! The preferences service.

use async_trait::async_trait;

use crate::backend::Actor;
use crate::model::error::ApiError;
use crate::model::preferences::{ChangePreferences, Preferences as Preferred};

/// What each person prefers.
#[async_trait]
pub trait Preferences: Send + Sync + 'static {
    /// The actor's preferences; the defaults until they change one.
    async fn get(&self, actor: &Actor) -> Result<Preferred, ApiError>;
    /// Changes some, and answers all. VALIDATION_ERROR; CONFLICT when others change them at the same time.
    async fn change(&self, actor: &Actor, change: ChangePreferences) -> Result<Preferred, ApiError>;
}
