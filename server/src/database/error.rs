//! What can go wrong between the server and its database.

use app::model::error::{ApiError, ErrorCode};
use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr};
use thiserror::Error;

/// A failed call on [`super::Database`]. Its words hold those of its cause, which is therefore no
/// `source`: a chain of both would say everything twice.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The URL names no database that Berth knows. Never holds the URL, which may hold a password.
    #[error("the database URL can't be used: {0}")]
    Url(String),
    /// It could not be reached or opened.
    #[error("the database can't be opened: {0}")]
    Connect(DbErr),
    /// Its schema could not be brought up to date.
    #[error("the database can't be migrated: {0}")]
    Migrate(DbErr),
    /// The row to change is not there.
    #[error("there is no such {0} in the database")]
    NotFound(&'static str),
    /// A row with this key is there already.
    #[error("the database holds this already: {0}")]
    Conflict(DbErr),
    /// Another writer held it longer than we wait. Try again.
    #[error("the database is locked: {0}")]
    Busy(DbErr),
    /// The connection failed, or none was free in time. Try again.
    #[error("the database is unavailable: {0}")]
    Unavailable(DbErr),
    /// A call took longer than its limit. Whether it took effect is unknown.
    #[error("{what} took longer than {seconds} s")]
    Timeout { what: &'static str, seconds: u64 },
    /// A row holds what the server never writes.
    #[error("the database holds {what} that can't be read: {detail}")]
    Corrupt { what: &'static str, detail: String },
    /// Any other failure of a query.
    #[error("the database refused a query: {0}")]
    Query(DbErr),
}

impl DatabaseError {
    /// Whether the same call may succeed a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Unavailable(_) | Self::Timeout { .. })
    }

    /// What whoever asked is told of it; the cause is for the log alone.
    #[must_use]
    pub fn told(&self) -> ApiError {
        if !self.is_transient() {
            return ApiError::internal();
        }
        ApiError::new(ErrorCode::RuntimeUnavailable, "The database is busy or away. Try again in a moment.")
    }
}

/// Logs a failure that ends what somebody asked for, and answers what they are told.
pub fn unavailable(error: DatabaseError) -> ApiError {
    tracing::error!(%error, "the database could not be read or written");
    error.told()
}

impl From<DbErr> for DatabaseError {
    fn from(error: DbErr) -> Self {
        if let DbErr::ConnectionAcquire(_) | DbErr::Conn(_) = error {
            return Self::Unavailable(error);
        }
        if let Some(sea_orm::SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            return Self::Conflict(error);
        }
        let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) = &error else {
            return Self::Query(error);
        };
        match &**cause {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unavailable(error)
            }
            sqlx::Error::Database(refusal) if refusal.code().is_some_and(|code| is_lock(&code)) => Self::Busy(error),
            _ => Self::Query(error),
        }
    }
}

/// SQLite's SQLITE_BUSY and SQLITE_LOCKED in their extended forms; Postgres' `lock_not_available`,
/// `serialization_failure` and `deadlock_detected`. Sources: sqlite.org/rescode.html and appendix A
/// of the PostgreSQL manual.
fn is_lock(code: &str) -> bool {
    const SQLITE_BUSY: u32 = 5;
    const SQLITE_LOCKED: u32 = 6;
    match code {
        "55P03" | "40001" | "40P01" => true,
        code if code.len() < 5 => {
            code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, SQLITE_BUSY | SQLITE_LOCKED))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_lock;

    #[test]
    fn locks_are_told_from_other_refusals() {
        for lock in ["5", "6", "261", "517", "773", "262", "55P03", "40001"] {
            assert!(is_lock(lock), "{lock}");
        }
        for other in ["1", "19", "787", "2067", "23505", "42P01", ""] {
            assert!(!is_lock(other), "{other}");
        }
    }
}
