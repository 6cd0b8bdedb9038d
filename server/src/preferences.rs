//! What each person prefers. Owns the rules of a change; the table is the database's.

use app::backend::{self, Actor};
use app::model::error::ApiError;
use app::model::preferences::{ChangePreferences, Preferences};
use async_trait::async_trait;

use crate::database::{Database, DatabaseError, StoredPreferences, unavailable};

/// How often a change is tried again that met another one.
const TRIES: usize = 5;

/// The preferences service.
#[derive(Debug, Clone)]
pub struct PreferencesService {
    database: Database,
}

impl PreferencesService {
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// What `user` prefers.
    ///
    /// # Errors
    /// As every query.
    pub async fn of(&self, user: &str) -> Result<Preferences, DatabaseError> {
        Ok(self.read(user).await?.0)
    }

    /// What `user` prefers, and which version of it is stored. What can't be read counts as the
    /// defaults: nobody is kept from their sessions by it, and the next change replaces it.
    async fn read(&self, user: &str) -> Result<(Preferences, Option<i64>), DatabaseError> {
        let Some(StoredPreferences { value, version }) = self.database.preferences(user).await? else {
            return Ok((Preferences::default(), None));
        };
        let preferences = serde_json::from_str(&value).unwrap_or_else(|error| {
            tracing::warn!(user, %error, "preferences can't be read; the defaults are used");
            Preferences::default()
        });
        Ok((preferences, Some(version)))
    }
}

#[async_trait]
impl backend::Preferences for PreferencesService {
    async fn get(&self, actor: &Actor) -> Result<Preferences, ApiError> {
        Ok(self.read(&actor.user).await.map_err(unavailable)?.0)
    }

    async fn change(&self, actor: &Actor, change: ChangePreferences) -> Result<Preferences, ApiError> {
        for _ in 0..TRIES {
            let (before, version) = self.read(&actor.user).await.map_err(unavailable)?;
            let after = change.clone().apply(&before)?;
            let value = serde_json::to_string(&after).map_err(|_| ApiError::internal())?;
            match self.database.store_preferences(&actor.user, value, version).await {
                Ok(()) => return Ok(after),
                // Somebody's other tab was first.
                Err(DatabaseError::NotFound(_) | DatabaseError::Conflict(_)) => {}
                Err(error) => return Err(unavailable(error)),
            }
        }
        Err(ApiError::conflict("The settings are being changed elsewhere at this moment. Try again."))
    }
}
