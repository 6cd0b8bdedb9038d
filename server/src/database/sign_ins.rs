//! Sign-ins as they are stored, and every query on them.

use app::model::account::SignInWay;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use time::OffsetDateTime;

use super::entities::{person, sign_in};
use super::{Database, DatabaseError, StoredPerson, TokenHash, from_micros, to_micros};

/// A person signed in with one browser.
#[derive(Clone, Debug, PartialEq)]
pub struct SignIn {
    /// What its person calls it by when they end it.
    pub id: String,
    pub user: String,
    /// By what its person proved who they are.
    pub way: SignInWay,
    /// What the browser called itself.
    pub agent: String,
    /// Where it came from.
    pub address: String,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

impl Database {
    /// Stores a sign-in under the hash of its cookie's secret or its proxy's token.
    ///
    /// # Errors
    /// [`DatabaseError::Conflict`] when there is one under it, ended or not, and as every query.
    pub async fn insert_sign_in(&self, hash: &TokenHash, sign_in: &SignIn) -> Result<(), DatabaseError> {
        let row = sign_in::Model {
            hash: hash.to_hex(),
            id: sign_in.id.clone(),
            user: sign_in.user.clone(),
            agent: sign_in.agent.clone(),
            address: sign_in.address.clone(),
            created_at: to_micros(sign_in.created_at),
            expires_at: to_micros(sign_in.expires_at),
            way: sign_in.way.word().to_owned(),
            ended: false,
        };
        let query = sign_in::Entity::insert(row.into_active_model()).exec_without_returning(&self.connection);
        self.query("storing a sign-in", query).await?;
        Ok(())
    }

    /// The sign-in under `hash` that is still good at `now`, and whose it is; in one query, for it is read with
    /// nearly every request. Whether its person may come in is for the caller to see.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn sign_in(
        &self,
        hash: &TokenHash,
        now: OffsetDateTime,
    ) -> Result<Option<(SignIn, StoredPerson)>, DatabaseError> {
        let query = sign_in::Entity::find_by_id(hash.to_hex())
            .filter(sign_in::Column::ExpiresAt.gt(to_micros(now)))
            .filter(sign_in::Column::Ended.eq(false))
            .find_also_related(person::Entity)
            .one(&self.connection);
        match self.query("reading a sign-in", query).await? {
            Some((row, Some(person))) => Ok(Some((row.try_into()?, person.try_into()?))),
            _ => Ok(None),
        }
    }

    /// A person's sign-ins that are still good at `now`, latest first, with their hashes.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn sign_ins_of(
        &self,
        user: &str,
        now: OffsetDateTime,
    ) -> Result<Vec<(TokenHash, SignIn)>, DatabaseError> {
        let query = sign_in::Entity::find()
            .filter(sign_in::Column::User.eq(user))
            .filter(sign_in::Column::ExpiresAt.gt(to_micros(now)))
            .filter(sign_in::Column::Ended.eq(false))
            .order_by_desc(sign_in::Column::CreatedAt)
            .all(&self.connection);
        let rows = self.query("reading sign-ins", query).await?;
        rows.into_iter().map(|row| Ok((TokenHash::from_hex(&row.hash)?, row.try_into()?))).collect()
    }

    /// Ends a sign-in. Does nothing when there is none. A proxy's token lives on, and is noted as no longer good
    /// for as long as it does.
    ///
    /// # Errors
    /// As every query.
    pub async fn delete_sign_in(&self, hash: &TokenHash) -> Result<(), DatabaseError> {
        let is_proxys = sign_in::Column::Way.eq(SignInWay::Proxy.word());
        let query = sign_in::Entity::delete_many()
            .filter(sign_in::Column::Hash.eq(hash.to_hex()))
            .filter(is_proxys.clone().not())
            .exec(&self.connection);
        if self.query("deleting a sign-in", query).await?.rows_affected > 0 {
            return Ok(());
        }
        let query = sign_in::Entity::update_many()
            .col_expr(sign_in::Column::Ended, Expr::value(true))
            .filter(sign_in::Column::Hash.eq(hash.to_hex()))
            .filter(is_proxys)
            .exec(&self.connection);
        self.query("ending a sign-in", query).await?;
        Ok(())
    }

    /// Forgets the sign-ins that had run out by `now`; answers how many.
    ///
    /// # Errors
    /// As every query.
    pub async fn delete_expired_sign_ins(&self, now: OffsetDateTime) -> Result<u64, DatabaseError> {
        let query = sign_in::Entity::delete_many()
            .filter(sign_in::Column::ExpiresAt.lte(to_micros(now)))
            .exec(&self.connection);
        Ok(self.query("deleting old sign-ins", query).await?.rows_affected)
    }
}

impl TryFrom<sign_in::Model> for SignIn {
    type Error = DatabaseError;

    fn try_from(row: sign_in::Model) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.id,
            user: row.user,
            way: SignInWay::of_word(&row.way)
                .ok_or_else(|| DatabaseError::Corrupt { what: "a way to sign in", detail: row.way.clone() })?,
            agent: row.agent,
            address: row.address,
            created_at: from_micros(row.created_at)?,
            expires_at: from_micros(row.expires_at)?,
        })
    }
}
