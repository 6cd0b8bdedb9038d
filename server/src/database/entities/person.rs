//! Table `people`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "people")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    #[sea_orm(unique)]
    pub email: String,
    /// A role's word.
    pub role: String,
    /// A state's word.
    pub state: String,
    /// Argon2id in the PHC form; none for those who have not chosen one.
    pub password: Option<String>,
    /// SHA-256 of the secret in the link that lets them choose one, hexadecimal.
    #[sea_orm(unique)]
    pub link_hash: Option<String>,
    /// Microseconds since 1970.
    pub link_expires_at: Option<i64>,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970.
    pub seen_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(has_many = "super::identity::Entity")]
    Identity,
}

impl Related<super::identity::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Identity.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
