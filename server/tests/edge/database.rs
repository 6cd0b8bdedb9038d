//! The same queries on both databases.

use app::model::session::{Cause, SessionState, Stage, StageTime};
use berth::database::{Database, DatabaseError, SignIn, StoredSession, TokenHash};
use protocol::{GuestToken, SessionId};
use sea_orm::ConnectionTrait as _;
use time::{Duration, OffsetDateTime};

use crate::support::LIMIT;
use crate::support::postgres::Postgres;

fn session(number: u16) -> StoredSession {
    // Whole microseconds, which is what is kept.
    let created_at = OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_123_456_000).unwrap();
    StoredSession {
        id: SessionId::from_random([number; SessionId::LENGTH]),
        owner: "admin".into(),
        name: "日本語 'quoted' \"name\" \\".into(),
        state: SessionState::Failed { cause: Cause::StartFailed { detail: "a \u{1f980} and a\nline".into() } },
        container: Some("berth-abcdefghij01".parse().unwrap()),
        token: GuestToken::from_random([7; 32]),
        created_at: created_at + Duration::seconds(number.into()),
        active_at: created_at,
        start: vec![StageTime { stage: Stage::Creating, ms: 12 }],
        ready_ms: Some(u32::MAX),
    }
}

async fn keeps_sessions_and_sign_ins(url: &str) {
    let database = Database::open(url).await.unwrap();
    database.ping().await.unwrap();

    let (first, second) = (session(1), StoredSession { container: None, ready_ms: None, ..session(2) });
    database.insert_session(&second).await.unwrap();
    database.insert_session(&first).await.unwrap();
    assert!(matches!(database.insert_session(&first).await, Err(DatabaseError::Conflict(_))));
    assert_eq!(database.sessions().await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(database.session(&second.id).await.unwrap().as_ref(), Some(&second));

    let changed =
        StoredSession { name: "other".into(), state: SessionState::Running, container: None, ..first.clone() };
    database.update_session(&changed).await.unwrap();
    assert_eq!(database.session(&first.id).await.unwrap(), Some(changed));
    assert_eq!(database.session(&second.id).await.unwrap().as_ref(), Some(&second));
    let absent = session(3);
    assert!(matches!(database.update_session(&absent).await, Err(DatabaseError::NotFound(_))));

    database.delete_session(&first.id).await.unwrap();
    database.delete_session(&first.id).await.unwrap();
    assert_eq!(database.session(&first.id).await.unwrap(), None);

    let now = OffsetDateTime::now_utc();
    let hash = TokenHash::of("secret");
    let sign_in = SignIn { user: "admin".into(), created_at: now, expires_at: now + Duration::days(30) };
    database.insert_sign_in(&hash, &sign_in).await.unwrap();
    let just_before = sign_in.expires_at - Duration::milliseconds(1);
    assert_eq!(database.sign_in(&hash, just_before).await.unwrap().unwrap().user, "admin");
    assert_eq!(database.sign_in(&hash, sign_in.expires_at).await.unwrap(), None);
    assert_eq!(database.sign_in(&TokenHash::of("other"), now).await.unwrap(), None);
    assert_eq!(database.delete_expired_sign_ins(just_before).await.unwrap(), 0);
    assert_eq!(database.delete_expired_sign_ins(sign_in.expires_at).await.unwrap(), 1);
    database.delete_sign_in(&hash).await.unwrap();
    database.close().await;

    // Migrations that ran already change nothing.
    let again = Database::open(url).await.unwrap();
    assert_eq!(again.sessions().await.unwrap(), [second]);
    again.close().await;
}

#[tokio::test]
async fn sqlite_keeps_sessions_and_sign_ins() {
    let directory = tempfile::tempdir().unwrap();
    // A path that would mean something else if it were read as a URL.
    let path = directory.path().join("a b%20c#d.db");
    keeps_sessions_and_sign_ins(&format!("sqlite://{}", path.display())).await;
    assert!(path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_sessions_and_sign_ins() {
    let postgres = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    keeps_sessions_and_sign_ins(&postgres.url()).await;
}

#[tokio::test]
async fn a_locked_database_is_told_as_locked_and_works_again() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("berth.db").display());
    let database = Database::open(&url).await.unwrap();
    let other = sea_orm::Database::connect(url.as_str()).await.unwrap();
    other.execute_unprepared("BEGIN EXCLUSIVE").await.unwrap();
    let refused = tokio::time::timeout(LIMIT, database.insert_session(&session(1))).await.expect("a limit");
    assert!(matches!(&refused, Err(error @ DatabaseError::Busy(_)) if error.is_transient()), "{refused:?}");
    other.execute_unprepared("COMMIT").await.unwrap();
    database.insert_session(&session(1)).await.unwrap();
    assert_eq!(database.sessions().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_postgres_that_goes_away_is_told_as_unavailable() {
    let postgres = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    let database = Database::open(&postgres.url()).await.unwrap();
    tokio::task::spawn_blocking(move || drop(postgres)).await.unwrap();
    let refused = tokio::time::timeout(LIMIT, database.sessions()).await.expect("a limit");
    assert!(matches!(&refused, Err(error) if error.is_transient()), "{refused:?}");
}

#[tokio::test]
async fn a_url_that_cannot_be_used_is_refused_without_its_password() {
    for url in ["mysql://x:hunter2@db/y", "postgres://x:hunter2@:bad/y", "sqlite://", "sqlite://:memory:"] {
        let error = Database::open(url).await.unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
    let error = Database::open("sqlite:///proc/nowhere/berth.db").await.unwrap_err();
    assert!(matches!(error, DatabaseError::Connect(_)), "{error}");
}
