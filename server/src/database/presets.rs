//! Presets of terminals as they are stored, and every query on them.

use app::model::agent::Preset;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait as _, QueryFilter, QueryOrder,
};

use super::entities::preset::{Column, Entity, Model};
use super::{Database, DatabaseError};

impl Database {
    /// The presets of `owner`, by name.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn presets(&self, owner: &str) -> Result<Vec<Preset>, DatabaseError> {
        let query = Entity::find().filter(Column::Owner.eq(owner)).order_by_asc(Column::Name).all(&self.connection);
        self.query("reading presets", query).await?.into_iter().map(to_preset).collect()
    }

    /// How many presets `owner` has.
    ///
    /// # Errors
    /// As every query.
    pub async fn count_presets(&self, owner: &str) -> Result<u64, DatabaseError> {
        self.query("counting presets", Entity::find().filter(Column::Owner.eq(owner)).count(&self.connection)).await
    }

    /// The preset `id` of `owner`.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn preset(&self, owner: &str, id: &str) -> Result<Option<Preset>, DatabaseError> {
        let query = Entity::find_by_id(id).filter(Column::Owner.eq(owner)).one(&self.connection);
        self.query("reading a preset", query).await?.map(to_preset).transpose()
    }

    /// Stores a new preset of `owner`.
    ///
    /// # Errors
    /// [`DatabaseError::Conflict`] when its id is taken, and as every query.
    pub async fn insert_preset(&self, owner: &str, preset: &Preset) -> Result<(), DatabaseError> {
        let query = Entity::insert(to_row(owner, preset)?.into_active_model()).exec_without_returning(&self.connection);
        self.query("storing a preset", query).await?;
        Ok(())
    }

    /// Replaces all there is of the preset of `owner` with this id.
    ///
    /// # Errors
    /// [`DatabaseError::NotFound`] when there is none, and as every query.
    pub async fn update_preset(&self, owner: &str, preset: &Preset) -> Result<(), DatabaseError> {
        let query = Entity::update_many()
            .set(to_row(owner, preset)?.into_active_model().reset_all())
            .filter(Column::Id.eq(&preset.id))
            .filter(Column::Owner.eq(owner))
            .exec(&self.connection);
        let updated = self.query("storing a preset", query).await?;
        if updated.rows_affected == 0 { Err(DatabaseError::NotFound("preset")) } else { Ok(()) }
    }

    /// Forgets the preset `id` of `owner`.
    ///
    /// # Errors
    /// [`DatabaseError::NotFound`] when there is none, and as every query.
    pub async fn delete_preset(&self, owner: &str, id: &str) -> Result<(), DatabaseError> {
        let query = Entity::delete_by_id(id).filter(Column::Owner.eq(owner)).exec(&self.connection);
        let deleted = self.query("deleting a preset", query).await?;
        if deleted.rows_affected == 0 { Err(DatabaseError::NotFound("preset")) } else { Ok(()) }
    }
}

fn to_row(owner: &str, preset: &Preset) -> Result<Model, DatabaseError> {
    Ok(Model {
        id: preset.id.clone(),
        owner: owner.to_owned(),
        name: preset.name.clone(),
        commands: serde_json::to_string(&preset.commands).map_err(|error| corrupt(&error))?,
    })
}

fn to_preset(row: Model) -> Result<Preset, DatabaseError> {
    let commands = serde_json::from_str(&row.commands).map_err(|error| corrupt(&error))?;
    Ok(Preset { id: row.id, name: row.name, commands })
}

fn corrupt(error: &serde_json::Error) -> DatabaseError {
    DatabaseError::Corrupt { what: "a preset", detail: error.to_string() }
}
