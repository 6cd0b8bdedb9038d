//! Who asked to be let in, as it is stored.

use app::model::account::Email;
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, IntoActiveModel, PaginatorTrait, QueryOrder};
use time::OffsetDateTime;

use super::entities::waiting::{Column, Entity, Model};
use super::{Database, DatabaseError, from_micros, to_micros};

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub email: Email,
    pub asked_at: OffsetDateTime,
}

impl Database {
    /// Notes that `email` asked at `now`; answers whether they are new on it. Whoever waits already goes on waiting.
    ///
    /// # Errors
    /// As every query.
    pub async fn join_waitlist(&self, email: &Email, now: OffsetDateTime) -> Result<bool, DatabaseError> {
        let row = Model { email: email.to_string(), asked_at: to_micros(now) };
        let once = OnConflict::column(Column::Email).do_nothing().to_owned();
        let query = Entity::insert(row.into_active_model()).on_conflict(once);
        Ok(self.query("storing who waits", query.exec_without_returning(&self.connection)).await? > 0)
    }

    /// Everybody who waits, longest first.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn waitlist(&self) -> Result<Vec<Waiting>, DatabaseError> {
        let query = Entity::find().order_by_asc(Column::AskedAt).all(&self.connection);
        self.query("reading who waits", query).await?.into_iter().map(TryInto::try_into).collect()
    }

    /// Whether `email` waits.
    ///
    /// # Errors
    /// As every query.
    pub async fn is_on_waitlist(&self, email: &Email) -> Result<bool, DatabaseError> {
        let query = Entity::find_by_id(email.as_str()).one(&self.connection);
        Ok(self.query("reading who waits", query).await?.is_some())
    }

    /// How many wait.
    ///
    /// # Errors
    /// As every query.
    pub async fn count_waitlist(&self) -> Result<u64, DatabaseError> {
        self.query("counting who waits", Entity::find().count(&self.connection)).await
    }

    /// Takes somebody off the list; answers whether they were on it.
    ///
    /// # Errors
    /// As every query.
    pub async fn leave_waitlist(&self, email: &Email) -> Result<bool, DatabaseError> {
        let query = Entity::delete_by_id(email.as_str()).exec(&self.connection);
        Ok(self.query("taking somebody off the waitlist", query).await?.rows_affected > 0)
    }
}

impl TryFrom<Model> for Waiting {
    type Error = DatabaseError;

    fn try_from(row: Model) -> Result<Self, DatabaseError> {
        let corrupt = |_| DatabaseError::Corrupt { what: "who waits", detail: row.email.clone() };
        Ok(Self { email: row.email.parse().map_err(corrupt)?, asked_at: from_micros(row.asked_at)? })
    }
}
