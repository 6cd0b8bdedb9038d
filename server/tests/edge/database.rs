//! The same queries on both databases.

use std::collections::BTreeMap;

use app::model::account::{PersonState, Role, Scope};
use app::model::session::{Cause, SessionState, Stage, StageTime, StoppedBy};
use berth::database::{
    Database, DatabaseError, SessionDetails, SignIn, StoredEntry, StoredPerson, StoredSession, StoredToken, TokenHash,
    Variables,
};
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
        details: SessionDetails {
            agent: "claude-code".into(),
            environment: Variables(BTreeMap::from([("KEY".into(), "日本語 'x'".into())])),
            commands: vec!["a".into(), String::new()],
            stopped_by: Some(StoppedBy::Idle),
            ..SessionDetails::default()
        },
    }
}

fn person(id: &str, role: Role) -> StoredPerson {
    StoredPerson {
        id: id.into(),
        email: format!("{id}@example.org").parse().unwrap(),
        role,
        state: PersonState::Active,
        password: None,
        created_at: OffsetDateTime::UNIX_EPOCH + Duration::days(20_000),
        seen_at: None,
    }
}

async fn people_and_what_signs_them_in(database: &Database) {
    let (admin, ada) = (person("admin", Role::Admin), person("ada", Role::User));
    database.insert_person(&admin).await.unwrap();
    database.insert_person(&ada).await.unwrap();
    assert!(matches!(database.insert_person(&ada).await, Err(DatabaseError::Conflict(_))));
    let same_address = StoredPerson { id: "other".into(), ..ada.clone() };
    assert!(matches!(database.insert_person(&same_address).await, Err(DatabaseError::Conflict(_))));
    assert_eq!(database.people().await.unwrap(), [ada.clone(), admin.clone()]);
    assert_eq!(database.person(&ada.email).await.unwrap(), Some(ada.clone()));

    let now = OffsetDateTime::now_utc();
    let (cookie, token) = (TokenHash::of("cookie"), TokenHash::of("token"));
    let sign_in = SignIn {
        id: "abcdefghij01".into(),
        user: "ada".into(),
        way: app::model::account::SignInWay::Password,
        agent: "curl".into(),
        address: "::1".into(),
        created_at: now,
        expires_at: now + Duration::days(30),
    };
    database.insert_sign_in(&cookie, &sign_in).await.unwrap();
    let just_before = sign_in.expires_at - Duration::milliseconds(1);
    assert_eq!(database.sign_in(&cookie, just_before).await.unwrap().unwrap().1, ada);
    assert_eq!(database.sign_in(&cookie, sign_in.expires_at).await.unwrap(), None);
    assert_eq!(database.sign_in(&TokenHash::of("other"), now).await.unwrap(), None);
    assert_eq!(database.sign_ins_of("ada", now).await.unwrap()[0].0, cookie);
    let stored = StoredToken {
        id: "abcdefghij02".into(),
        user: "ada".into(),
        name: "ci".into(),
        scopes: vec![Scope::Read, Scope::Sessions],
        created_at: OffsetDateTime::UNIX_EPOCH,
        expires_at: Some(OffsetDateTime::UNIX_EPOCH + Duration::days(40_000)),
        used_at: None,
    };
    database.insert_api_token(&token, &stored).await.unwrap();
    assert_eq!(database.api_token(&token, now).await.unwrap(), Some((stored.clone(), ada.clone())));
    assert_eq!(database.api_token(&token, stored.expires_at.unwrap()).await.unwrap(), None);
    let both = [cookie.clone(), token.clone(), TokenHash::of("other")];
    assert_eq!(database.still_good(&both, now).await.unwrap(), [cookie.clone(), token.clone()].into());
    assert!(database.change_person("ada", None, Some(PersonState::Blocked)).await.unwrap());
    assert_eq!(database.still_good(&both, now).await.unwrap(), [].into());

    assert!(!database.change_person("admin", Some(Role::User), None).await.unwrap(), "the last admin");
    assert!(!database.change_person("admin", None, Some(PersonState::Blocked)).await.unwrap(), "the last admin");
    assert!(database.change_person("admin", Some(Role::Admin), Some(PersonState::Active)).await.unwrap());
    let admin = database.person_by_id("admin").await.unwrap().unwrap();
    assert_eq!((admin.state, admin.password), (PersonState::Active, None), "whom somebody else vouches for");
    database.set_password("admin", "$argon2id$").await.unwrap();
    assert!(database.change_person("admin", None, Some(PersonState::Active)).await.unwrap());
    assert!(!database.delete_person("admin").await.unwrap(), "the last admin");
    assert!(database.set_link("ada", &TokenHash::of("link"), now + Duration::days(7)).await.unwrap());
    assert!(database.person_by_link(&TokenHash::of("link"), now + Duration::days(7)).await.unwrap().is_none());
    let link = TokenHash::of("link");
    assert!(!database.set_password_by_link(&link, "$argon2id$", now).await.unwrap(), "blocked");
    assert!(database.change_person("ada", None, Some(PersonState::Active)).await.unwrap());
    assert!(database.set_password_by_link(&link, "$argon2id$", now).await.unwrap());
    assert!(!database.set_password_by_link(&link, "$argon2id$", now).await.unwrap(), "once");
    assert_eq!(database.person_by_id("ada").await.unwrap().unwrap().state, PersonState::Active);
    assert!(database.delete_person("ada").await.unwrap());
    assert!(database.sign_ins_of("ada", now).await.unwrap().is_empty());
    assert!(database.api_tokens_of("ada").await.unwrap().is_empty());

    database.insert_sign_in(&cookie, &SignIn { user: "admin".into(), ..sign_in.clone() }).await.unwrap();
    assert_eq!(database.delete_expired_sign_ins(just_before).await.unwrap(), 0);
    assert_eq!(database.delete_expired_sign_ins(sign_in.expires_at).await.unwrap(), 1);
    database.delete_sign_in(&cookie).await.unwrap();
}

async fn what_was_done(database: &Database) {
    let at = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    for (who, action) in [("ada", "person.invited"), ("eve", "person.blocked"), ("ada", "token.created")] {
        let (target, address) = ("x".into(), "::1".into());
        let entry = StoredEntry { id: 0, at, who: who.into(), action: action.into(), target, address };
        database.insert_audit(&entry).await.unwrap();
    }
    let actions = |entries: Vec<StoredEntry>| entries.into_iter().map(|entry| entry.action).collect::<Vec<_>>();
    let all = database.audit("", "", None, 10).await.unwrap();
    let first = all[2].id;
    assert_eq!(actions(all), ["token.created", "person.blocked", "person.invited"]);
    assert_eq!(actions(database.audit("ada", "", None, 1).await.unwrap()), ["token.created"]);
    assert_eq!(actions(database.audit("", "person.", None, 10).await.unwrap()), ["person.blocked", "person.invited"]);
    assert_eq!(actions(database.audit("", "%", None, 10).await.unwrap()), Vec::<String>::new());
    assert!(database.audit("", "", Some(first), 10).await.unwrap().is_empty());
    assert_eq!(database.delete_audit_before(at).await.unwrap(), 0);
    assert_eq!(database.delete_audit_before(at + Duration::seconds(1)).await.unwrap(), 3);
}

async fn keeps_sessions_and_people(url: &str) {
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

    people_and_what_signs_them_in(&database).await;
    what_was_done(&database).await;
    database.close().await;

    // Migrations that ran already change nothing.
    let again = Database::open(url).await.unwrap();
    assert_eq!(again.sessions().await.unwrap(), [second]);
    again.close().await;
}

#[tokio::test]
async fn sqlite_keeps_sessions_and_people() {
    let directory = tempfile::tempdir().unwrap();
    // A path that would mean something else if it were read as a URL.
    let path = directory.path().join("a b%20c#d.db");
    keeps_sessions_and_people(&format!("sqlite://{}", path.display())).await;
    assert!(path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_sessions_and_people() {
    let postgres = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    keeps_sessions_and_people(&postgres.url()).await;
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
