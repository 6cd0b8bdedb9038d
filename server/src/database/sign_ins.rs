//! Sign-ins as they are stored, and every query on them.

use std::fmt::Write as _;

use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::entities::sign_in;
use super::{Database, DatabaseError, from_micros, to_micros};

/// SHA-256 of a secret. A secret of 32 random bytes needs no slower hash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of `secret`.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    fn to_hex(&self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// A person signed in with one browser.
#[derive(Clone, Debug, PartialEq)]
pub struct SignIn {
    pub user: String,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

impl Database {
    /// Stores a sign-in under the hash of its cookie's secret.
    ///
    /// # Errors
    /// As every query.
    pub async fn insert_sign_in(&self, hash: &TokenHash, sign_in: &SignIn) -> Result<(), DatabaseError> {
        let row = sign_in::Model {
            hash: hash.to_hex(),
            user: sign_in.user.clone(),
            created_at: to_micros(sign_in.created_at),
            expires_at: to_micros(sign_in.expires_at),
        };
        let query = sign_in::Entity::insert(row.into_active_model()).exec_without_returning(&self.connection);
        self.query("storing a sign-in", query).await?;
        Ok(())
    }

    /// The sign-in under `hash` that is still good at `now`.
    ///
    /// # Errors
    /// As every query.
    pub async fn sign_in(&self, hash: &TokenHash, now: OffsetDateTime) -> Result<Option<SignIn>, DatabaseError> {
        let query = sign_in::Entity::find_by_id(hash.to_hex())
            .filter(sign_in::Column::ExpiresAt.gt(to_micros(now)))
            .one(&self.connection);
        self.query("reading a sign-in", query)
            .await?
            .map(|row| {
                Ok(SignIn {
                    user: row.user,
                    created_at: from_micros(row.created_at)?,
                    expires_at: from_micros(row.expires_at)?,
                })
            })
            .transpose()
    }

    /// Ends a sign-in. Does nothing when there is none.
    ///
    /// # Errors
    /// As every query.
    pub async fn delete_sign_in(&self, hash: &TokenHash) -> Result<(), DatabaseError> {
        let query = sign_in::Entity::delete_by_id(hash.to_hex()).exec(&self.connection);
        self.query("deleting a sign-in", query).await?;
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
