//! API tokens as they are stored, and every query on them and on what else opens a connection.

use std::collections::HashSet;

use app::model::account::{PersonState, Scope};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;

use super::entities::{api_token, person, sign_in};
use super::{Database, DatabaseError, StoredPerson, TokenHash, from_micros, to_micros};

/// An API token as the database holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredToken {
    pub id: String,
    pub user: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_at: OffsetDateTime,
    pub expires_at: Option<OffsetDateTime>,
    pub used_at: Option<OffsetDateTime>,
}

impl Database {
    /// Stores a token under the hash of its secret.
    ///
    /// # Errors
    /// As every query.
    pub async fn insert_api_token(&self, hash: &TokenHash, token: &StoredToken) -> Result<(), DatabaseError> {
        let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.word()).collect();
        let row = api_token::Model {
            hash: hash.to_hex(),
            id: token.id.clone(),
            user: token.user.clone(),
            name: token.name.clone(),
            scopes: scopes.join(" "),
            created_at: to_micros(token.created_at),
            expires_at: token.expires_at.map(to_micros),
            used_at: token.used_at.map(to_micros),
        };
        let query = api_token::Entity::insert(row.into_active_model()).exec_without_returning(&self.connection);
        self.query("storing a token", query).await?;
        Ok(())
    }

    /// The token under `hash` that is still good at `now`, and whose it is, in one query.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn api_token(
        &self,
        hash: &TokenHash,
        now: OffsetDateTime,
    ) -> Result<Option<(StoredToken, StoredPerson)>, DatabaseError> {
        let query = api_token::Entity::find_by_id(hash.to_hex())
            .filter(token_is_good(now))
            .find_also_related(person::Entity)
            .one(&self.connection);
        match self.query("reading a token", query).await? {
            Some((row, Some(person))) => Ok(Some((row.try_into()?, person.try_into()?))),
            _ => Ok(None),
        }
    }

    /// A person's tokens, those that have run out too, latest first.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn api_tokens_of(&self, user: &str) -> Result<Vec<(TokenHash, StoredToken)>, DatabaseError> {
        let query = api_token::Entity::find()
            .filter(api_token::Column::User.eq(user))
            .order_by_desc(api_token::Column::CreatedAt)
            .all(&self.connection);
        let rows = self.query("reading tokens", query).await?;
        rows.into_iter().map(|row| Ok((TokenHash::from_hex(&row.hash)?, row.try_into()?))).collect()
    }

    /// Notes that a token was used.
    ///
    /// # Errors
    /// As every query.
    pub async fn used_api_token(&self, hash: &TokenHash, at: OffsetDateTime) -> Result<(), DatabaseError> {
        let query = api_token::Entity::update_many()
            .col_expr(api_token::Column::UsedAt, Expr::value(to_micros(at)))
            .filter(api_token::Column::Hash.eq(hash.to_hex()))
            .exec(&self.connection);
        self.query("noting a token's use", query).await?;
        Ok(())
    }

    /// Ends a token. Does nothing when there is none.
    ///
    /// # Errors
    /// As every query.
    pub async fn delete_api_token(&self, hash: &TokenHash) -> Result<(), DatabaseError> {
        let query = api_token::Entity::delete_by_id(hash.to_hex()).exec(&self.connection);
        self.query("deleting a token", query).await?;
        Ok(())
    }

    /// Those of `hashes` that still open something at `now`: a sign-in or token that is good, of a person who may
    /// come in. Two queries, however many they are.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn still_good(
        &self,
        hashes: &[TokenHash],
        now: OffsetDateTime,
    ) -> Result<HashSet<TokenHash>, DatabaseError> {
        let hashes: Vec<String> = hashes.iter().map(TokenHash::to_hex).collect();
        let is_active = person::Column::State.eq(PersonState::Active.word());
        let browsers = sign_in::Entity::find()
            .select_only()
            .column(sign_in::Column::Hash)
            .inner_join(person::Entity)
            .filter(sign_in::Column::Hash.is_in(hashes.clone()))
            .filter(sign_in::Column::ExpiresAt.gt(to_micros(now)))
            .filter(sign_in::Column::Ended.eq(false))
            .filter(is_active.clone())
            .into_tuple::<String>()
            .all(&self.connection);
        let mut good = self.query("looking at open connections", browsers).await?;
        let tokens = api_token::Entity::find()
            .select_only()
            .column(api_token::Column::Hash)
            .inner_join(person::Entity)
            .filter(api_token::Column::Hash.is_in(hashes))
            .filter(token_is_good(now))
            .filter(is_active)
            .into_tuple::<String>()
            .all(&self.connection);
        good.extend(self.query("looking at open connections", tokens).await?);
        good.iter().map(|hash| TokenHash::from_hex(hash)).collect()
    }
}

fn token_is_good(now: OffsetDateTime) -> Condition {
    let expires_at = api_token::Column::ExpiresAt;
    Condition::any().add(expires_at.is_null()).add(expires_at.gt(to_micros(now)))
}

impl TryFrom<api_token::Model> for StoredToken {
    type Error = DatabaseError;

    fn try_from(row: api_token::Model) -> Result<Self, DatabaseError> {
        let scope = |word: &str| {
            Scope::of_word(word).ok_or_else(|| DatabaseError::Corrupt { what: "a scope", detail: word.to_owned() })
        };
        Ok(Self {
            scopes: row.scopes.split_whitespace().map(scope).collect::<Result<_, _>>()?,
            id: row.id,
            user: row.user,
            name: row.name,
            created_at: from_micros(row.created_at)?,
            expires_at: row.expires_at.map(from_micros).transpose()?,
            used_at: row.used_at.map(from_micros).transpose()?,
        })
    }
}
