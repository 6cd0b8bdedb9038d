//! Whom others vouch for, as it is stored.

use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, QueryTrait};

use super::entities::{identity, person};
use super::{Database, DatabaseError, StoredPerson};

impl Database {
    /// The person whom `issuer` means by `subject`.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn person_by_identity(&self, issuer: &str, subject: &str) -> Result<Option<StoredPerson>, DatabaseError> {
        let query = person::Entity::find()
            .inner_join(identity::Entity)
            .filter(identity::Column::Issuer.eq(issuer))
            .filter(identity::Column::Subject.eq(subject))
            .one(&self.connection);
        self.query("reading a person", query).await?.map(TryInto::try_into).transpose()
    }

    /// Notes that `issuer` means `user` by `subject`.
    ///
    /// # Errors
    /// [`DatabaseError::Conflict`] when it means another person by it, or this person by another subject; and as
    /// every query.
    pub async fn insert_identity(&self, issuer: &str, subject: &str, user: &str) -> Result<(), DatabaseError> {
        let row = identity::Model { issuer: issuer.to_owned(), subject: subject.to_owned(), user: user.to_owned() };
        let query = identity::Entity::insert(row.into_active_model()).exec_without_returning(&self.connection);
        self.query("storing an identity", query).await?;
        Ok(())
    }

    /// Forgets whom `issuer` meant by `subject` when that person is gone.
    ///
    /// # Errors
    /// As every query.
    pub async fn delete_lost_identities(&self, issuer: &str, subject: &str) -> Result<(), DatabaseError> {
        let everybody = person::Entity::find().select_only().column(person::Column::Id).into_query();
        let query = identity::Entity::delete_many()
            .filter(identity::Column::Issuer.eq(issuer))
            .filter(identity::Column::Subject.eq(subject))
            .filter(identity::Column::User.not_in_subquery(everybody))
            .exec(&self.connection);
        self.query("deleting an identity", query).await?;
        Ok(())
    }
}
