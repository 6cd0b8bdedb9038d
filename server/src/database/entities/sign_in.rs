//! Table `browsers`: who is signed in where.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "browsers")]
pub struct Model {
    /// SHA-256 of the cookie's secret or the proxy's token, hexadecimal. The secret itself is nowhere but there.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// What its person calls it by when they end it.
    #[sea_orm(unique)]
    pub id: String,
    pub user: String,
    pub agent: String,
    pub address: String,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970.
    pub expires_at: i64,
    /// A way's word.
    pub way: String,
    /// Ended, and kept so that the proxy's token, which lives on, does not sign in again.
    pub ended: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::person::Entity", from = "Column::User", to = "super::person::Column::Id")]
    Person,
}

impl Related<super::person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Person.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
