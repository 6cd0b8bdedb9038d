//! What can be changed while the server runs, as it is stored.

use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, IntoActiveModel};

use super::entities::setting::{Column, Entity, Model};
use super::{Database, DatabaseError};

impl Database {
    /// The setting of this name, JSON.
    ///
    /// # Errors
    /// As every query.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, DatabaseError> {
        let query = Entity::find_by_id(name).one(&self.connection);
        Ok(self.query("reading a setting", query).await?.map(|row| row.value))
    }

    /// Stores `value` in place of what the setting was.
    ///
    /// # Errors
    /// As every query.
    pub async fn store_setting(&self, name: &str, value: &str) -> Result<(), DatabaseError> {
        let row = Model { name: name.to_owned(), value: value.to_owned() };
        let in_place = OnConflict::column(Column::Name).update_column(Column::Value).to_owned();
        let query = Entity::insert(row.into_active_model()).on_conflict(in_place);
        self.query("storing a setting", query.exec_without_returning(&self.connection)).await?;
        Ok(())
    }
}
