//! The life of a session above a driver without containers: every transition, every fault that a driver
//! can bring, and what a new server finds after the last was gone at any point.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "sessions/faults.rs"]
mod faults;
#[path = "sessions/lifecycle.rs"]
mod lifecycle;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use app::backend::sessions::SessionEvent;
use app::backend::{Actor, Sessions};
use app::model::error::ErrorCode;
use app::model::session::{Cause, CreateSession, RenameSession, Session, SessionState, Stage, StartSession};
use berth::database::{Database, StoredSession};
use berth::sessions::SessionService;
use berth::sessions::rules::{Allowances, Rules};
use berth::shutdown::Shutdown;
use berth::storage::Layout;
use futures::StreamExt;
use protocol::SessionId;
use runtime::breaker::Breaker;
use runtime::fake::{Call, FakeRuntime};
use runtime::{ContainerState, Exit, Limits};
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection};
use tempfile::TempDir;

/// No test of these needs longer; a hang is told as one.
const LIMIT: Duration = Duration::from_secs(20);
const LIMITS: Limits = Limits { cpu_millis: 1000, memory_bytes: 1 << 30, pids: 100, disk_bytes: 1 << 30 };

const HOW: StartSession = StartSession { resume: false };

struct Rig {
    database: Database,
    runtime: Arc<FakeRuntime>,
    service: Arc<SessionService>,
    shutdown: Shutdown,
    directory: TempDir,
}

impl Rig {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&url(&directory)).await.unwrap();
        let runtime = Arc::new(FakeRuntime::default());
        let (service, shutdown) = serve(&database, &runtime, &directory).await;
        Self { database, runtime, service, shutdown, directory }
    }

    /// One whose sessions go by other rules.
    async fn by(rules: Rules) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&url(&directory)).await.unwrap();
        let runtime = Arc::new(FakeRuntime::default());
        let (service, shutdown) = serve_by(rules, &database, &runtime, &directory).await;
        Self { database, runtime, service, shutdown, directory }
    }

    /// Another server on the same database and containers; the old one is gone in the middle of
    /// whatever it did.
    async fn serve_again(mut self) -> Self {
        self.shutdown.begin();
        assert!(self.shutdown.finished(LIMIT).await);
        (self.service, self.shutdown) = serve(&self.database, &self.runtime, &self.directory).await;
        self
    }

    async fn create(&self) -> Session {
        self.service.create(&me(), CreateSession::default()).await.unwrap()
    }

    async fn running(&self) -> Session {
        let session = self.create().await;
        self.service.start(&me(), &session.id, HOW).await.unwrap();
        self.until(&session.id, |state| *state == SessionState::Running).await
    }

    /// The session once its state is as wanted; told by events, not by the clock.
    async fn until(&self, id: &SessionId, wanted: impl Fn(&SessionState) -> bool) -> Session {
        let mut events = self.service.events(&me());
        let wait = async {
            loop {
                let session = self.service.get(&me(), id).await.unwrap();
                if wanted(&session.state) {
                    return session;
                }
                events.next().await.expect("events while the server runs");
            }
        };
        tokio::time::timeout(LIMIT, wait).await.expect("the state never came")
    }

    async fn until_gone(&self, id: &SessionId) {
        self.while_session(id, |_| true).await;
    }

    /// Until its delete is written down; it may be over by then.
    async fn until_condemned(&self, id: &SessionId) {
        self.while_session(id, |state| *state != SessionState::Deleting).await;
    }

    /// Waits as long as the session is there and `goes_on` holds.
    async fn while_session(&self, id: &SessionId, goes_on: impl Fn(&SessionState) -> bool) {
        let mut events = self.service.events(&me());
        let wait = async {
            while self.service.get(&me(), id).await.is_ok_and(|session| goes_on(&session.state)) {
                events.next().await.expect("events while the server runs");
            }
        };
        tokio::time::timeout(LIMIT, wait).await.expect("the session never went");
    }

    fn running_containers(&self) -> usize {
        self.runtime.containers().iter().filter(|c| c.state == ContainerState::Running).count()
    }
}

async fn serve(
    database: &Database,
    runtime: &Arc<FakeRuntime>,
    directory: &TempDir,
) -> (Arc<SessionService>, Shutdown) {
    serve_by(rules(), database, runtime, directory).await
}

async fn serve_by(
    rules: Rules,
    database: &Database,
    runtime: &Arc<FakeRuntime>,
    directory: &TempDir,
) -> (Arc<SessionService>, Shutdown) {
    let (files, shutdown) = (Layout::new(directory.path()), Shutdown::new());
    let runtime = Arc::new(Breaker::new(runtime.clone()));
    let service = SessionService::start(database.clone(), runtime, rules, files, shutdown.clone()).await.unwrap();
    (service, shutdown)
}

/// Rules under which a test may make and open as many as it likes.
fn rules() -> Rules {
    let many = NonZeroU32::MAX;
    let allowances = Allowances { creates_a_minute: many, sockets_a_minute: many, ..Allowances::default() };
    Rules { allowances, ..Rules::with(LIMITS) }
}

fn url(directory: &TempDir) -> String {
    format!("sqlite://{}/berth.db", directory.path().display())
}

fn me() -> Actor {
    Actor::person("admin")
}

fn somebody_else() -> Actor {
    Actor::person("eve")
}

fn named(name: &str) -> CreateSession {
    CreateSession { name: Some(name.into()), ..CreateSession::default() }
}

#[tokio::test]
async fn a_start_goes_through_every_stage_and_times_it() {
    let rig = Rig::new().await;
    let mut events = rig.service.events(&me());
    let session = rig.running().await;
    let stages: Vec<Stage> = session.start.iter().map(|time| time.stage).collect();
    assert_eq!(stages, Stage::ALL);
    assert!(session.ready_ms.is_some());
    let mut told = Vec::new();
    while told.last() != Some(&SessionState::Running) {
        match events.next().await {
            Some(SessionEvent::Changed(session)) => told.push(session.state),
            Some(SessionEvent::Usage(_) | SessionEvent::Runtime(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    let mut expected = vec![SessionState::Created];
    expected.extend(Stage::ALL.map(|stage| SessionState::Starting { stage }));
    expected.push(SessionState::Running);
    assert_eq!(told, expected);
}

#[tokio::test]
async fn two_starts_at_once_make_one_container() {
    let rig = Rig::new().await;
    let session = rig.create().await;
    let user = me();
    let (one, two) =
        tokio::join!(rig.service.start(&user, &session.id, HOW), rig.service.start(&user, &session.id, HOW));
    assert!(one.is_ok() && two.is_ok());
    rig.until(&session.id, |state| *state == SessionState::Running).await;
    rig.service.start(&me(), &session.id, HOW).await.unwrap();
    assert_eq!((rig.runtime.count(Call::Create), rig.runtime.count(Call::Start), rig.running_containers()), (1, 1, 1));
}

#[tokio::test]
async fn a_stop_during_a_start_is_written_at_once_and_leaves_nothing_running() {
    for held in [Call::Create, Call::Start, Call::Connect] {
        let rig = Rig::new().await;
        rig.runtime.hold(held);
        let session = rig.create().await;
        rig.service.start(&me(), &session.id, HOW).await.unwrap();
        tokio::time::timeout(LIMIT, rig.runtime.began(held, 1)).await.expect("the call under test began");
        let stopping = rig.service.stop(&me(), &session.id).await.unwrap();
        assert_eq!(stopping.state, SessionState::Stopping, "{held:?}");
        rig.runtime.release(held);
        rig.until(&session.id, |state| *state == SessionState::Stopped).await;
        assert_eq!(rig.running_containers(), 0, "{held:?}");
        rig.service.start(&me(), &session.id, HOW).await.unwrap();
        rig.until(&session.id, |state| *state == SessionState::Running).await;
        assert_eq!(rig.runtime.containers().len(), 1, "{held:?}");
    }
}

#[tokio::test]
async fn a_delete_during_a_start_leaves_nothing() {
    for held in [Call::Create, Call::Start, Call::Connect] {
        let rig = Rig::new().await;
        rig.runtime.hold(held);
        let session = rig.create().await;
        rig.service.start(&me(), &session.id, HOW).await.unwrap();
        tokio::time::timeout(LIMIT, rig.runtime.began(held, 1)).await.expect("the call under test began");
        let (service, id) = (rig.service.clone(), session.id.clone());
        let delete = tokio::spawn(async move { service.delete(&me(), &id).await });
        rig.until_condemned(&session.id).await;
        rig.runtime.release(held);
        delete.await.unwrap().unwrap();
        assert!(rig.runtime.containers().is_empty(), "{held:?}");
        assert_eq!(rig.service.get(&me(), &session.id).await.unwrap_err().code, ErrorCode::NotFound);
    }
}

#[tokio::test]
async fn while_it_stops_it_can_not_be_started_but_restarted_and_deleted() {
    let rig = Rig::new().await;
    let session = rig.running().await;
    rig.runtime.hold(Call::Stop);
    assert_eq!(rig.service.stop(&me(), &session.id).await.unwrap().state, SessionState::Stopping);
    assert_eq!(rig.service.start(&me(), &session.id, HOW).await.unwrap_err().code, ErrorCode::Conflict);
    rig.service.restart(&me(), &session.id, HOW).await.unwrap();
    rig.runtime.release(Call::Stop);
    rig.until(&session.id, |state| *state == SessionState::Running).await;
    rig.runtime.hold(Call::Stop);
    rig.service.stop(&me(), &session.id).await.unwrap();
    rig.service.delete(&me(), &session.id).await.unwrap();
    assert!(rig.runtime.containers().is_empty());
}

#[tokio::test]
async fn a_server_that_is_gone_at_any_call_of_a_start_leaves_a_session_that_gets_ready() {
    for held in [Call::Create, Call::Start, Call::Connect] {
        let rig = Rig::new().await;
        rig.runtime.hold(held);
        let session = rig.create().await;
        rig.service.start(&me(), &session.id, HOW).await.unwrap();
        tokio::time::timeout(LIMIT, rig.runtime.began(held, 1)).await.unwrap();
        let rig = rig.serve_again().await;
        rig.runtime.release(held);
        rig.until(&session.id, |state| *state == SessionState::Running).await;
        assert_eq!(rig.runtime.containers().len(), 1, "{held:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_gone_during_a_stop_or_delete_leaves_it_to_the_next() {
    let rig = Rig::new().await;
    let session = rig.running().await;
    rig.runtime.hold(Call::Stop);
    rig.service.stop(&me(), &session.id).await.unwrap();
    let rig = rig.serve_again().await;
    rig.runtime.release(Call::Stop);
    rig.until(&session.id, |state| *state == SessionState::Stopped).await;

    rig.runtime.hold(Call::Delete);
    let (service, id) = (rig.service.clone(), session.id.clone());
    let cut_short = tokio::spawn(async move { service.delete(&me(), &id).await });
    tokio::time::timeout(LIMIT, rig.runtime.began(Call::Delete, 1)).await.unwrap();
    let rig = rig.serve_again().await;
    assert!(cut_short.await.unwrap().is_err());
    rig.runtime.release(Call::Delete);
    rig.until_gone(&session.id).await;
    assert!(rig.runtime.containers().is_empty());
}

#[tokio::test]
async fn a_running_session_is_adopted_and_still_watched() {
    let rig = Rig::new().await;
    let session = rig.running().await;
    let rig = rig.serve_again().await;
    assert_eq!(rig.service.get(&me(), &session.id).await.unwrap().state, SessionState::Running);
    rig.runtime.end(&rig.runtime.containers()[0].id, Exit::Signal(9));
    rig.until(&session.id, |state| *state == SessionState::Failed { cause: Cause::Killed { signal: 9 } }).await;
    assert_eq!((rig.runtime.count(Call::Create), rig.runtime.count(Call::Start)), (1, 1));
}

#[tokio::test]
async fn a_container_that_died_while_no_server_ran_is_told_with_its_cause() {
    let rig = Rig::new().await;
    let (one, two) = (rig.running().await, rig.running().await);
    rig.shutdown.begin();
    assert!(rig.shutdown.finished(LIMIT).await);
    let container =
        |session: &Session| rig.runtime.containers().into_iter().find(|c| c.session == session.id).unwrap().id;
    rig.runtime.end(&container(&one), Exit::Code(7));
    runtime::Runtime::delete(&*rig.runtime, &container(&two)).await.unwrap();
    let rig = rig.serve_again().await;
    rig.until(&one.id, |state| *state == SessionState::Failed { cause: Cause::Exited { code: 7 } }).await;
    rig.until(&two.id, |state| *state == SessionState::Failed { cause: Cause::ContainerGone }).await;
}

#[tokio::test]
async fn containers_that_belong_to_no_session_are_removed_and_no_others() {
    let rig = Rig::new().await;
    let session = rig.running().await;
    rig.runtime.plant(&"stray".parse().unwrap(), &"straystray00".parse().unwrap(), ContainerState::Running);
    rig.runtime.plant(&"second".parse().unwrap(), &session.id, ContainerState::Running);
    let rig = rig.serve_again().await;
    let left = rig.runtime.containers();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!((&left[0].session, &left[0].state), (&session.id, &ContainerState::Running));
}

#[tokio::test]
async fn a_database_that_knows_no_session_removes_no_container() {
    let rig = Rig::new().await;
    rig.runtime.plant(&"somebodys".parse().unwrap(), &"precious0000".parse().unwrap(), ContainerState::Running);
    let rig = rig.serve_again().await;
    assert_eq!(rig.running_containers(), 1);
}

#[tokio::test]
async fn a_session_left_in_the_middle_is_taken_up_by_whatever_is_asked_of_it_first() {
    let rig = Rig::new().await;
    let session = rig.create().await;
    let row = rig.database.session(&session.id).await.unwrap().unwrap();
    // As when the database failed just as the server that found it wanted to take it up.
    rig.database.update_session(&StoredSession { state: SessionState::Deleting, ..row.clone() }).await.unwrap();
    rig.service.delete(&me(), &session.id).await.unwrap();
    rig.database
        .insert_session(&StoredSession { state: SessionState::Starting { stage: Stage::Verifying }, ..row })
        .await
        .unwrap();
    rig.service.start(&me(), &session.id, HOW).await.unwrap();
    rig.until(&session.id, |state| *state == SessionState::Running).await;
}

#[tokio::test]
async fn a_container_made_but_not_yet_recorded_is_taken_up_not_doubled() {
    let rig = Rig::new().await;
    let session = rig.create().await;
    let row = rig.database.session(&session.id).await.unwrap().unwrap();
    let state = SessionState::Starting { stage: Stage::Creating };
    rig.database.update_session(&StoredSession { state, ..row }).await.unwrap();
    rig.runtime.plant(&format!("fake-{}", session.id).parse().unwrap(), &session.id, ContainerState::Created);
    let rig = rig.serve_again().await;
    rig.until(&session.id, |state| *state == SessionState::Running).await;
    assert_eq!(rig.runtime.containers().len(), 1);
}

#[tokio::test]
async fn another_persons_session_is_as_one_that_does_not_exist() {
    let rig = Rig::new().await;
    let session = rig.running().await;
    let nothing: SessionId = "zzzzzzzzzzzz".parse().unwrap();
    let eve = somebody_else();
    let service = &rig.service;
    for id in [&session.id, &nothing] {
        let errors = [
            service.get(&eve, id).await.unwrap_err(),
            service.start(&eve, id, HOW).await.unwrap_err(),
            service.stop(&eve, id).await.unwrap_err(),
            service.restart(&eve, id, HOW).await.unwrap_err(),
            service.rename(&eve, id, RenameSession { name: "x".into() }).await.unwrap_err(),
            service.delete(&eve, id).await.unwrap_err(),
            service.terminals(&eve, id).await.unwrap_err(),
            service.input(&eve, id, protocol::TerminalId::FIRST, Vec::new()).await.unwrap_err(),
            service.scrollback(&eve, id, protocol::TerminalId::FIRST, false).await.unwrap_err(),
            service.close_terminal(&eve, id, protocol::TerminalId::FIRST).await.unwrap_err(),
        ];
        assert!(errors.iter().all(|error| *error == errors[0] && error.code == ErrorCode::NotFound), "{errors:?}");
    }
    assert!(service.list(&eve).await.unwrap().is_empty());
    assert_eq!(rig.service.get(&me(), &session.id).await.unwrap().state, SessionState::Running);
}

#[tokio::test]
async fn names_take_the_lowest_free_number_and_obey_their_rule() {
    let rig = Rig::new().await;
    let user = me();
    let made = futures::future::join_all((0..3).map(|_| rig.service.create(&user, CreateSession::default()))).await;
    let mut names: Vec<String> = made.iter().map(|session| session.as_ref().unwrap().name.clone()).collect();
    names.sort();
    assert_eq!(names, ["Shell #1", "Shell #2", "Shell #3"]);
    let second = made.iter().flatten().find(|session| session.name == "Shell #2").unwrap();
    rig.service.delete(&me(), &second.id).await.unwrap();
    assert_eq!(rig.create().await.name, "Shell #2");
    assert_eq!(rig.service.create(&me(), named("  mine ")).await.unwrap().name, "mine");
    assert_eq!(rig.service.create(&me(), named("  ")).await.unwrap().name, "Shell #4");
    let refused = rig.service.create(&me(), named("\u{1b}]0;x")).await.unwrap_err();
    assert_eq!((refused.code, refused.fields[0].field.as_str()), (ErrorCode::ValidationError, "name"));
    let long = RenameSession { name: "x".repeat(65) };
    assert_eq!(rig.service.rename(&me(), &second.id, long).await.unwrap_err().code, ErrorCode::ValidationError);
}

#[tokio::test]
async fn a_locked_database_refuses_a_start_and_changes_nothing() {
    let rig = Rig::new().await;
    let session = rig.create().await;
    let locked = lock(&rig.directory).await;
    let refused = rig.service.start(&me(), &session.id, HOW).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RuntimeUnavailable);
    unlock(locked).await;
    assert_eq!(rig.service.get(&me(), &session.id).await.unwrap().state, SessionState::Created);
    assert_eq!(rig.runtime.count(Call::Create), 0);
    rig.service.start(&me(), &session.id, HOW).await.unwrap();
    rig.until(&session.id, |state| *state == SessionState::Running).await;
}

#[tokio::test]
async fn a_transition_that_meets_a_locked_database_is_written_once_it_is_free() {
    let rig = Rig::new().await;
    let session = rig.running().await;
    let locked = lock(&rig.directory).await;
    rig.runtime.end(&rig.runtime.containers()[0].id, Exit::Code(1));
    tokio::time::timeout(LIMIT, rig.runtime.began(Call::Stop, 1)).await.unwrap();
    assert_eq!(rig.service.get(&me(), &session.id).await.unwrap().state, SessionState::Running);
    unlock(locked).await;
    rig.until(&session.id, |state| *state == SessionState::Failed { cause: Cause::Exited { code: 1 } }).await;
}

/// Another writer that holds the database, as a backup or a hung process would.
async fn lock(directory: &TempDir) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url(directory));
    options.max_connections(1);
    let connection = sea_orm::Database::connect(options).await.unwrap();
    connection.execute_unprepared("BEGIN EXCLUSIVE").await.unwrap();
    connection
}

async fn unlock(connection: DatabaseConnection) {
    connection.execute_unprepared("ROLLBACK").await.unwrap();
    connection.close().await.unwrap();
}
