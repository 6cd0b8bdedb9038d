//! Table `sessions`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub owner: String,
    pub name: String,
    /// `SessionState` as JSON.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    pub container: Option<String>,
    pub token: String,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970.
    pub active_at: i64,
    /// `[StageTime]` as JSON.
    #[sea_orm(column_type = "Text")]
    pub start: String,
    pub ready_ms: Option<i64>,
    /// `SessionDetails` as JSON.
    #[sea_orm(column_type = "Text")]
    pub details: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
