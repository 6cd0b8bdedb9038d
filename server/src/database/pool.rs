//! How each kind of database is connected to. The URL's scheme decides.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{ConnectOptions as _, Connection as _};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, RuntimeErr};

use super::error::DatabaseError;

/// One reader beside the one writer that SQLite allows. Each connection is a thread and a cache.
const SQLITE_CONNECTIONS: u32 = 2;
/// Page cache of each SQLite connection, KiB. The working set is a few dozen rows.
const SQLITE_CACHE_KIB: u32 = 256;
/// How long SQLite waits for another writer's lock.
const SQLITE_BUSY_LIMIT: Duration = Duration::from_secs(5);
/// Enough for a burst of requests; a Postgres connection costs its server about 10 MiB.
const POSTGRES_CONNECTIONS: u32 = 8;
/// When Postgres gives a statement up. Under the caller's own limit, so that its answer is heard.
const POSTGRES_STATEMENT_LIMIT: Duration = Duration::from_secs(6);
/// How long a caller waits for a free connection.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(6);
/// After this long without use a connection beyond the first is closed.
const IDLE_LIMIT: Duration = Duration::from_secs(60);

/// Connects; makes an SQLite file that isn't there.
pub(super) async fn connect(url: &str) -> Result<DatabaseConnection, DatabaseError> {
    let options = if let Some(path) = sqlite_path(url) {
        sqlite(path)?
    } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        postgres(url).await?
    } else {
        return Err(DatabaseError::Url("it must start with sqlite:// or postgres://".into()));
    };
    Database::connect(options).await.map_err(DatabaseError::Connect)
}

/// The path in an SQLite URL. What follows is a path and nothing else: no percent-encoding and no
/// parameters, so that any directory a person may have works.
#[must_use]
pub fn sqlite_path(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))
}

fn sqlite(path: &str) -> Result<ConnectOptions, DatabaseError> {
    if path.is_empty() || path.starts_with(":memory:") {
        return Err(DatabaseError::Url("an SQLite URL needs the path of a file".into()));
    }
    let path = path.to_owned();
    if let Err(error) = make_private(&path) {
        // SQLite is about to meet the same, and its failure is the one that is told.
        tracing::debug!(%error, "the database's file could not be made");
    }
    // The scheme is all that is read from here; the path below replaces what it names.
    let mut options = ConnectOptions::new("sqlite://berth.db");
    options.max_connections(SQLITE_CONNECTIONS).min_connections(1);
    options.map_sqlx_sqlite_opts(move |base| sqlite_options(base, &path));
    common(&mut options);
    Ok(options)
}

/// Makes the file, if it isn't there, for its owner only: it holds guests' tokens. SQLite gives the files it
/// puts beside it the same mode.
fn make_private(path: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}

fn sqlite_options(base: SqliteConnectOptions, path: &str) -> SqliteConnectOptions {
    base.filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(SQLITE_BUSY_LIMIT)
        .pragma("cache_size", format!("-{SQLITE_CACHE_KIB}"))
        .statement_cache_capacity(32)
}

async fn postgres(url: &str) -> Result<ConnectOptions, DatabaseError> {
    // The parser's own words may quote the URL and its password: they are not passed on.
    let Ok(server) = url.parse::<PgConnectOptions>() else {
        return Err(DatabaseError::Url("it is not a valid Postgres URL".into()));
    };
    // A pool tries again until its time is over, and then says nothing but that; one connection says why.
    let why = |error| DatabaseError::Connect(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))));
    server.connect().await.map_err(why)?.close().await.map_err(why)?;
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(POSTGRES_CONNECTIONS)
        .min_connections(1)
        .statement_timeout(POSTGRES_STATEMENT_LIMIT)
        .set_application_name("berth");
    common(&mut options);
    Ok(options)
}

fn common(options: &mut ConnectOptions) {
    options.acquire_timeout(ACQUIRE_LIMIT).idle_timeout(IDLE_LIMIT).sqlx_logging(false);
}
