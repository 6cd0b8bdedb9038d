//! The audit log as it is stored.

use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;

use super::entities::audit::{ActiveModel, Column, Entity, Model};
use super::{Database, DatabaseError, from_micros, to_micros};

/// An entry as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    pub id: i64,
    pub at: OffsetDateTime,
    pub who: String,
    pub action: String,
    pub target: String,
    pub address: String,
}

impl Database {
    /// Adds an entry; its id is the database's to give.
    ///
    /// # Errors
    /// As every query.
    pub async fn insert_audit(&self, entry: &StoredEntry) -> Result<(), DatabaseError> {
        let row = ActiveModel {
            id: ActiveValue::NotSet,
            at: ActiveValue::Set(to_micros(entry.at)),
            who: ActiveValue::Set(entry.who.clone()),
            action: ActiveValue::Set(entry.action.clone()),
            target: ActiveValue::Set(entry.target.clone()),
            address: ActiveValue::Set(entry.address.clone()),
        };
        self.query("writing the audit log", Entity::insert(row).exec_without_returning(&self.connection)).await?;
        Ok(())
    }

    /// At most `limit` entries before `before`, latest first: `who`'s only and of actions that begin with `action`
    /// only, each unless empty.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn audit(
        &self,
        who: &str,
        action: &str,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<StoredEntry>, DatabaseError> {
        let mut query = Entity::find().order_by_desc(Column::Id).limit(limit);
        if !who.is_empty() {
            query = query.filter(Column::Who.eq(who));
        }
        // Nothing else is in an action's name, and some of it has a meaning in a pattern.
        if !action.bytes().all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte)) {
            return Ok(Vec::new());
        }
        if !action.is_empty() {
            query = query.filter(Column::Action.starts_with(action));
        }
        if let Some(before) = before {
            query = query.filter(Column::Id.lt(before));
        }
        let rows = self.query("reading the audit log", query.all(&self.connection)).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Forgets entries from before `time`; answers how many.
    ///
    /// # Errors
    /// As every query.
    pub async fn delete_audit_before(&self, time: OffsetDateTime) -> Result<u64, DatabaseError> {
        let query = Entity::delete_many().filter(Column::At.lt(to_micros(time))).exec(&self.connection);
        Ok(self.query("trimming the audit log", query).await?.rows_affected)
    }
}

impl TryFrom<Model> for StoredEntry {
    type Error = DatabaseError;

    fn try_from(row: Model) -> Result<Self, DatabaseError> {
        let Model { id, at, who, action, target, address } = row;
        Ok(Self { id, at: from_micros(at)?, who, action, target, address })
    }
}
