//! The database: one pool, its migrations, and a method for each query the server makes.
//!
//! SQLite by default, Postgres by URL, the same entities and migrations for both. Owns everything
//! that is SQL; knows nothing of HTTP, containers or how a session moves from state to state.
//! Every call ends within [`QUERY_LIMIT`].

mod api_tokens;
mod audit;
mod entities;
mod error;
mod identities;
mod migrations;
mod people;
mod pool;
mod preferences;
mod presets;
mod sessions;
mod settings;
mod sign_ins;
mod token_hash;
mod waitlist;

pub use api_tokens::StoredToken;
pub use audit::StoredEntry;
pub use error::{DatabaseError, unavailable};
pub use people::StoredPerson;
pub use preferences::StoredPreferences;
pub use sessions::{SessionDetails, StoredSession, Variables};
pub use sign_ins::SignIn;
pub use token_hash::TokenHash;
pub use waitlist::Waiting;

use std::future::Future;
use std::time::Duration;

use sea_orm::{DatabaseConnection, DbErr};
use sea_orm_migration::MigratorTrait;
use time::OffsetDateTime;

/// How long connecting may take, Postgres above all.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How long all outstanding migrations may take together.
const MIGRATE_LIMIT: Duration = Duration::from_secs(120);
/// How long one query may take, waiting for a connection and for other writers included. More than
/// SQLite's own wait for a lock, so that a locked database is told as locked.
const QUERY_LIMIT: Duration = Duration::from_secs(8);

/// The database. Clones share one pool.
#[derive(Clone, Debug)]
pub struct Database {
    connection: DatabaseConnection,
}

impl Database {
    /// Connects to `url` (`sqlite://path` or `postgres://…`) and brings its schema up to date. An
    /// SQLite file that isn't there is made.
    ///
    /// # Errors
    /// [`DatabaseError::Url`], [`DatabaseError::Connect`], [`DatabaseError::Migrate`],
    /// [`DatabaseError::Timeout`].
    pub async fn open(url: &str) -> Result<Self, DatabaseError> {
        let connection = within(CONNECT_LIMIT, "connecting to the database", pool::connect(url)).await??;
        within(MIGRATE_LIMIT, "migrating the database", migrations::Migrator::up(&connection, None))
            .await?
            .map_err(DatabaseError::Migrate)?;
        Ok(Self { connection })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// As every query: [`DatabaseError::Busy`], [`DatabaseError::Unavailable`],
    /// [`DatabaseError::Timeout`].
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        self.query("ping", self.connection.ping()).await
    }

    /// Lets go of every connection. SQLite folds its write-ahead log into the file.
    pub async fn close(&self) {
        if let Err(error) = self.query("close", self.connection.close_by_ref()).await {
            tracing::warn!(%error, "the database did not close cleanly");
        }
    }

    /// Runs one query within [`QUERY_LIMIT`].
    async fn query<T>(
        &self,
        what: &'static str,
        query: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DatabaseError> {
        Ok(within(QUERY_LIMIT, what, query).await??)
    }
}

async fn within<T>(limit: Duration, what: &'static str, future: impl Future<Output = T>) -> Result<T, DatabaseError> {
    tokio::time::timeout(limit, future).await.map_err(|_| DatabaseError::Timeout { what, seconds: limit.as_secs() })
}

/// Times are kept as whole microseconds since 1970, which both databases order and compare alike.
fn to_micros(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

fn from_micros(micros: i64) -> Result<OffsetDateTime, DatabaseError> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .map_err(|error| DatabaseError::Corrupt { what: "a time", detail: error.to_string() })
}
