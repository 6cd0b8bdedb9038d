//! Preferences as they are stored, and every query on them.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::entities::preferences::{Column, Entity, Model};
use super::{Database, DatabaseError};

/// A person's preferences, and how often they were changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPreferences {
    /// JSON.
    pub value: String,
    pub version: i64,
}

impl Database {
    /// What `user` prefers; none before their first change.
    ///
    /// # Errors
    /// As every query.
    pub async fn preferences(&self, user: &str) -> Result<Option<StoredPreferences>, DatabaseError> {
        let query = Entity::find_by_id(user).one(&self.connection);
        let row = self.query("reading preferences", query).await?;
        Ok(row.map(|row| StoredPreferences { value: row.value, version: row.version }))
    }

    /// Stores what `user` prefers as the version after `version`; none is the first.
    ///
    /// # Errors
    /// [`DatabaseError::Conflict`] or [`DatabaseError::NotFound`] when `version` is not the last any more, and as every query.
    pub async fn store_preferences(
        &self,
        user: &str,
        value: String,
        version: Option<i64>,
    ) -> Result<(), DatabaseError> {
        let Some(version) = version else {
            let row = Model { user: user.to_owned(), value, version: 1 };
            let query = Entity::insert(row.into_active_model()).exec_without_returning(&self.connection);
            self.query("storing preferences", query).await?;
            return Ok(());
        };
        let query = Entity::update_many()
            .col_expr(Column::Value, Expr::value(value))
            .col_expr(Column::Version, Expr::value(version.wrapping_add(1)))
            .filter(Column::User.eq(user))
            .filter(Column::Version.eq(version))
            .exec(&self.connection);
        let updated = self.query("storing preferences", query).await?;
        if updated.rows_affected == 0 { Err(DatabaseError::NotFound("version of preferences")) } else { Ok(()) }
    }
}
