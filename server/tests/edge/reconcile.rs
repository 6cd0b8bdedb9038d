//! Bringing sessions and containers together: by the API, the page and the command line, with a server and without.

use std::sync::Arc;

use app::backend::Actor;
use app::model::session::{Cause, SessionState, Stage};
use berth::config::parse_command_line;
use berth::data_dir::DataDir;
use berth::database::{Database, StoredSession};
use runtime::fake::{Call, FakeRuntime};
use runtime::{ContainerState, Runtime, RuntimeError};
use serde_json::{Value, json};

use crate::support::LIMIT;
use crate::support::server::{EMAIL, Server};

/// A session of the administrator's, straight into the database.
async fn store(database: &Database, id: &str, state: SessionState, container: Option<&str>) {
    let at = time::OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
    let row = StoredSession {
        id: id.parse().unwrap(),
        owner: "admin".into(),
        name: format!("Session {id}"),
        state,
        container: container.map(|id| id.parse().unwrap()),
        token: protocol::GuestToken::from_random([7; 32]),
        created_at: at,
        active_at: at,
        start: Vec::new(),
        ready_ms: None,
        details: berth::database::SessionDetails::default(),
    };
    database.insert_session(&row).await.unwrap();
}

fn plant(runtime: &FakeRuntime, id: &str, session: &str, state: ContainerState) {
    runtime.plant(&id.parse().unwrap(), &session.parse().unwrap(), state);
}

fn containers(runtime: &FakeRuntime) -> Vec<String> {
    runtime.containers().into_iter().map(|container| container.id.to_string()).collect()
}

/// All that can go wrong, beside what is as it should be.
async fn make_a_mess(database: &Database, runtime: &FakeRuntime) {
    store(database, "stopped00000", SessionState::Stopped, Some("fake-stopped00000")).await;
    plant(runtime, "fake-stopped00000", "stopped00000", ContainerState::Created);
    store(database, "vanished0000", SessionState::Stopped, Some("fake-vanished0000")).await;
    store(database, "ghostruns000", SessionState::Running, Some("fake-ghostruns000")).await;
    store(database, "awake0000000", SessionState::Stopped, Some("fake-awake0000000")).await;
    plant(runtime, "fake-awake0000000", "awake0000000", ContainerState::Running);
    plant(runtime, "second", "stopped00000", ContainerState::Created);
    plant(runtime, "stray", "straystray00", ContainerState::Running);
}

/// What is left of the mess, once it is mended.
async fn assert_tidy(database: &Database, runtime: &FakeRuntime) {
    assert_eq!(containers(runtime), ["fake-awake0000000", "fake-stopped00000"]);
    assert!(runtime.containers().iter().all(|container| container.state != ContainerState::Running));
    let gone = SessionState::Failed { cause: Cause::ContainerGone };
    for (id, state, container) in [
        ("stopped00000", &SessionState::Stopped, Some("fake-stopped00000")),
        ("awake0000000", &SessionState::Stopped, Some("fake-awake0000000")),
        ("vanished0000", &gone, None),
        ("ghostruns000", &gone, None),
    ] {
        let row = database.session(&id.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!((&row.state, row.container.as_ref().map(|id| id.as_str())), (state, container), "{id}");
    }
}

const LINES: [&str; 5] = [
    "removed container stray: there is no session straystray00",
    "removed container second: session stopped00000 “Session stopped00000” has another",
    "marked session vanished0000 “Session vanished0000” as failed: container fake-vanished0000 is gone",
    "marked session ghostruns000 “Session ghostruns000” as failed: container fake-ghostruns000 is gone",
    "stopped container fake-awake0000000: session awake0000000 “Session awake0000000” does not run",
];

fn sorted<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_unstable();
    lines
}

async fn reconcile(server: &Server, admin: &str, body: Value) -> (u16, Value) {
    let request = server.own(admin, "POST", "/api/admin/reconcile").json(&body.to_string());
    let response = request.send().await;
    (response.status.as_u16(), response.json())
}

#[tokio::test]
async fn what_does_not_fit_is_mended_and_said_and_noted_and_then_there_is_nothing_to_mend() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    make_a_mess(&server.app.database, &server.runtime).await;
    let before = (server.runtime.containers(), server.app.database.sessions().await.unwrap());
    let (status, would) = reconcile(&server, &admin, json!({ "dry_run": true })).await;
    assert_eq!(
        (status, &would["dry_run"], would["mended"].as_array().unwrap().len()),
        (200, &json!(true), 5),
        "{would}"
    );
    assert_eq!(before, (server.runtime.containers(), server.app.database.sessions().await.unwrap()));
    assert_eq!(server.app.database.audit(EMAIL, "container", None, 10).await.unwrap(), []);

    let (status, did) = reconcile(&server, &admin, json!({})).await;
    assert_eq!((status, &did["dry_run"], &did["mended"]), (200, &json!(false), &would["mended"]));
    assert!(did["mended"].as_array().unwrap().iter().all(|one| one["failed"].is_null()));
    assert_tidy(&server.app.database, &server.runtime).await;
    let log = server.app.database.audit(EMAIL, "", None, 10).await.unwrap();
    let mut noted: Vec<_> = log.iter().map(|entry| format!("{} {}", entry.action, entry.target)).collect();
    noted.retain(|line| !line.starts_with("sign_in"));
    noted.sort_unstable();
    assert_eq!(
        noted,
        [
            "container.removed second of stopped00000",
            "container.removed stray of straystray00",
            "container.stopped fake-awake0000000 of awake0000000",
            "session.failed ghostruns000 Session ghostruns000",
            "session.failed vanished0000 Session vanished0000",
        ]
    );
    assert_eq!(reconcile(&server, &admin, json!({})).await, (200, json!({ "dry_run": false, "mended": [] })));
    // What lost its container can be used again.
    let started = server.own(&admin, "POST", "/api/sessions/vanished0000/start").send().await;
    assert_eq!(started.status, 202, "{started:?}");
    server.close().await;
}

#[tokio::test]
async fn a_session_in_the_middle_of_something_is_left_alone() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    let made = server.own(&admin, "POST", "/api/sessions").json("{}").send().await.json();
    let id = made["id"].as_str().unwrap();
    server.runtime.hold(Call::Start);
    server.own(&admin, "POST", &format!("/api/sessions/{id}/start")).send().await;
    tokio::time::timeout(LIMIT, server.runtime.began(Call::Start, 1)).await.expect("the start began");
    // As if an earlier start had left another, and its row named one that is gone.
    plant(&server.runtime, "second", id, ContainerState::Running);
    store(&server.app.database, "midway000000", SessionState::Starting { stage: Stage::Creating }, Some("gone")).await;
    let (status, did) = reconcile(&server, &admin, json!({})).await;
    assert_eq!((status, &did["mended"]), (200, &json!([])), "{did}");
    assert_eq!(server.runtime.containers().len(), 2);
    assert_eq!((server.runtime.count(Call::Stop), server.runtime.count(Call::Delete)), (0, 0));
    server.runtime.release(Call::Start);
    server.close().await;
}

#[tokio::test]
async fn a_database_that_knows_no_session_removes_no_container_unless_forced() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    plant(&server.runtime, "precious", "precious0000", ContainerState::Running);
    for how in [json!({}), json!({ "dry_run": true })] {
        let (status, told) = reconcile(&server, &admin, how).await;
        assert_eq!((status, &told["code"]), (409, &json!("CONFLICT")));
        assert!(told["error"].as_str().unwrap().contains("knows no session"), "{told}");
    }
    let page = server.own(&admin, "GET", "/admin/runtime").send().await.body;
    assert!(page.contains("knows no session") && page.contains("name=\"force\""), "{page}");
    let refused = server.own(&admin, "POST", "/admin/runtime/reconcile").form("").send().await;
    assert!(refused.status == 409 && refused.body.contains("role=\"alert\""), "{refused:?}");
    assert_eq!(containers(&server.runtime), ["precious"]);
    let (status, would) = reconcile(&server, &admin, json!({ "dry_run": true, "force": true })).await;
    assert_eq!((status, would["mended"].as_array().unwrap().len()), (200, 1));
    assert_eq!(containers(&server.runtime), ["precious"]);
    let forced = server.own(&admin, "POST", "/admin/runtime/reconcile").form("force=on").send().await;
    assert!(forced.status == 200 && forced.body.contains("removed container precious"), "{forced:?}");
    assert_eq!(containers(&server.runtime), Vec::<String>::new());
    server.close().await;
}

#[tokio::test]
async fn what_could_not_be_mended_is_said_with_its_cause() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    make_a_mess(&server.app.database, &server.runtime).await;
    server.runtime.fail(Call::Delete, Some(|| RuntimeError::Unavailable { detail: "on fire".into() }));
    let (status, did) = reconcile(&server, &admin, json!({})).await;
    let failed = did["mended"].as_array().unwrap().iter().filter(|one| !one["failed"].is_null());
    let failed: Vec<_> = failed.map(|one| (one["what"].clone(), one["failed"].as_str().unwrap())).collect();
    assert_eq!((status, failed.len()), (200, 2), "{did}");
    assert!(failed.iter().all(|(what, why)| what == "container_removed" && why.contains("on fire")), "{failed:?}");
    server.runtime.fail(Call::Delete, None);
    server.runtime.fail(Call::List, Some(|| RuntimeError::Unavailable { detail: "away".into() }));
    let (status, told) = reconcile(&server, &admin, json!({})).await;
    assert_eq!((status, &told["code"]), (503, &json!("RUNTIME_UNAVAILABLE")));
    server.close().await;
}

#[tokio::test]
async fn two_at_once_mend_everything_once() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    make_a_mess(&server.app.database, &server.runtime).await;
    let (one, two) = tokio::join!(reconcile(&server, &admin, json!({})), reconcile(&server, &admin, json!({})));
    let count = |(_, told): &(u16, Value)| told["mended"].as_array().unwrap().len();
    assert_eq!((one.0, two.0, count(&one) + count(&two)), (200, 200, 5), "{one:?} {two:?}");
    assert_tidy(&server.app.database, &server.runtime).await;
    server.close().await;
}

#[tokio::test]
async fn a_user_can_not_ask_for_it_by_any_way() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    let ada = server.join(&admin, "ada@example.org", "user").await;
    let (status, told) = reconcile(&server, &ada, json!({})).await;
    assert_eq!((status, &told["code"]), (403, &json!("FORBIDDEN")));
    // Also when the guard is no more between: the service sees for itself.
    let forged = Actor { role: app::model::account::Role::Admin, ..Actor::person("nobody") };
    for actor in [Actor::person("admin"), forged] {
        assert!(server.app.operations.reconcile(&actor, Default::default()).await.is_err());
        assert!(server.app.operations.sessions(&actor).await.is_err());
        assert!(server.app.operations.containers(&actor).await.is_err());
        assert!(server.app.operations.runtime(&actor).await.is_err());
    }
    server.close().await;
}

/// Runs `berth admin reconcile …` beside the server, or without one, when nothing has the data directory.
async fn command(server: &Server, flags: &[&str], runtime: Option<Arc<FakeRuntime>>) -> (String, Result<(), String>) {
    let arguments = ["berth", "admin", "reconcile"].iter().chain(flags).map(std::ffi::OsString::from);
    let berth::config::Command::Admin(command) = parse_command_line(arguments).unwrap().command else {
        panic!("not an admin's")
    };
    let open = async || match runtime {
        Some(runtime) => Ok(runtime as Arc<dyn Runtime>),
        None => Err("the server's own was to be used".to_owned()),
    };
    let mut out = Vec::new();
    let outcome = berth::admin::run(&server.app.config, command, open, &mut out).await;
    (String::from_utf8(out).unwrap(), outcome.map_err(|error| error.to_string()))
}

#[tokio::test]
async fn the_command_line_asks_the_server_that_runs_and_leaves_no_token() {
    let server = Server::new().await;
    let directory = &server.app.config.data_dir;
    let _held = DataDir::take(directory).unwrap();
    let listener = berth::control::listen(directory).unwrap();
    let operations = Arc::clone(&server.app.operations);
    server.app.shutdown.spawn(berth::control::serve(listener, operations, server.app.shutdown.clone()));
    make_a_mess(&server.app.database, &server.runtime).await;

    let (would, outcome) = command(&server, &["--dry-run"], None).await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(would.lines().filter(|line| line.starts_with("would ")).count(), 5, "{would}");
    assert_eq!(server.runtime.count(Call::Delete), 0);
    let (did, outcome) = command(&server, &[], None).await;
    assert_eq!((outcome, sorted(did.lines())), (Ok(()), sorted(LINES)));
    assert_tidy(&server.app.database, &server.runtime).await;
    assert_eq!(command(&server, &[], None).await, ("nothing to mend\n".into(), Ok(())));
    assert_eq!(server.app.database.api_tokens_of("admin").await.unwrap(), []);
    let log = server.app.database.audit("command line", "", None, 10).await.unwrap();
    assert_eq!(log.len(), 5, "{log:?}");

    // What can't be done is said, and the command fails.
    plant(&server.runtime, "stray", "straystray00", ContainerState::Running);
    server.runtime.fail(Call::Delete, Some(|| RuntimeError::Unavailable { detail: "on fire".into() }));
    let (told, outcome) = command(&server, &[], None).await;
    assert!(told.starts_with("not removed container stray: ") && told.contains("on fire"), "{told}");
    assert_eq!(outcome, Err("1 of these could not be done".into()));
    server.close().await;
}

#[tokio::test]
async fn the_command_line_mends_by_itself_when_no_server_runs_and_wakes_nothing() {
    let server = Server::new().await;
    let runtime = Arc::new(FakeRuntime::default());
    make_a_mess(&server.app.database, &runtime).await;
    store(&server.app.database, "midway000000", SessionState::Starting { stage: Stage::Creating }, None).await;
    let (would, outcome) = command(&server, &["--dry-run"], Some(Arc::clone(&runtime))).await;
    assert_eq!((outcome, would.lines().count()), (Ok(()), 5), "{would}");
    let (did, outcome) = command(&server, &[], Some(Arc::clone(&runtime))).await;
    assert_eq!((outcome, sorted(did.lines())), (Ok(()), sorted(LINES)));
    assert_tidy(&server.app.database, &runtime).await;
    assert_eq!((runtime.count(Call::Create), runtime.count(Call::Start)), (0, 0));
    let midway = server.app.database.session(&"midway000000".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(midway.state, SessionState::Starting { stage: Stage::Creating });
    DataDir::take(&server.app.config.data_dir).expect("it is let go of");
    server.close().await;
}

#[tokio::test]
async fn the_command_line_refuses_a_wrong_database_unless_forced() {
    let server = Server::new().await;
    let runtime = Arc::new(FakeRuntime::default());
    plant(&runtime, "precious", "precious0000", ContainerState::Running);
    let (told, outcome) = command(&server, &[], Some(Arc::clone(&runtime))).await;
    assert!(told.is_empty() && outcome.unwrap_err().contains("knows no session"), "{told}");
    assert_eq!(containers(&runtime), ["precious"]);
    let (told, outcome) = command(&server, &["--force"], Some(Arc::clone(&runtime))).await;
    assert_eq!((&*told, outcome), ("removed container precious: there is no session precious0000\n", Ok(())));
    server.close().await;
}

#[tokio::test]
async fn nonsense_on_the_control_socket_is_answered_and_the_next_is_served() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let server = Server::new().await;
    let directory = &server.app.config.data_dir;
    let listener = berth::control::listen(directory).unwrap();
    let operations = Arc::clone(&server.app.operations);
    server.app.shutdown.spawn(berth::control::serve(listener, operations, server.app.shutdown.clone()));
    let long = "x".repeat(1 << 16);
    for nonsense in ["\n", "{}\n", "\0\n", r#"{"reconcile":{"prefix":true}}"#, &long] {
        let mut stream = tokio::net::UnixStream::connect(directory.join("control.sock")).await.unwrap();
        // A server that has read enough hangs up.
        let _ = stream.write_all(nonsense.as_bytes()).await;
        let _ = stream.shutdown().await;
        let mut answer = String::new();
        let _ = tokio::time::timeout(LIMIT, stream.read_to_string(&mut answer)).await.expect("an end");
        assert!(answer.is_empty() || answer.contains("VALIDATION_ERROR"), "{answer}");
    }
    let _held = DataDir::take(directory).unwrap();
    assert_eq!(command(&server, &[], None).await, ("nothing to mend\n".into(), Ok(())));
    server.close().await;
}
