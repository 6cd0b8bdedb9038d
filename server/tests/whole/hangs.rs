//! A start that hangs: in the engine, in the guest, in the shell. It ends within a limit, with what hung told, and
//! holds up nobody else.

use std::time::Instant;

use app::model::session::{Cause, SessionState, Stage};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::rig::Rig;
use crate::server::guests_of;

/// Has all shells of the one person say nothing until `~/speak` is there.
async fn silence(rig: &Rig) {
    let first = rig.server.client.running().await;
    std::fs::write(rig.home().join(".bashrc"), "until [ -e ~/speak ]; do read -t 0.1 < <(:); done\n").unwrap();
    rig.server.client.delete(&first).await;
}

#[tokio::test]
async fn a_shell_that_says_nothing_is_let_be() {
    let rig = Rig::embedded().await;
    silence(&rig).await;
    let id = rig.server.client.running().await;
    let warming = rig.server.client.session(&id).await.start.pop().unwrap();
    assert!(warming.stage == Stage::Warming && (5000..10_000).contains(&warming.ms), "{warming:?}");
    std::fs::write(rig.home().join("speak"), "").unwrap();
    assert_eq!(rig.server.client.terminal(&id, 1).await.run("echo alive").await, "alive\n");
    rig.close().await;
}

#[tokio::test]
async fn a_guest_that_hangs_while_its_shell_is_awaited_fails_the_start() {
    let rig = Rig::embedded().await;
    silence(&rig).await;
    let id = rig.server.client.create().await;
    rig.server.client.start(&id).await;
    rig.server.client.until(&id, |state| *state == SessionState::Starting { stage: Stage::Warming }).await;
    let hung = Instant::now();
    kill(Pid::from_raw(guests_of(&rig.server.data)[0]), Signal::SIGSTOP).unwrap();
    std::fs::write(rig.home().join("speak"), "").unwrap();
    let other = rig.server.client.running().await;
    assert_eq!(rig.server.client.until_failed(&id).await, Cause::GuestUnresponsive);
    assert!(hung.elapsed().as_secs() < 15, "{:?}", hung.elapsed());
    assert_eq!(rig.server.client.terminal(&other, 1).await.run("echo alive").await, "alive\n");
    rig.server.client.start(&id).await;
    rig.server.client.until(&id, |state| *state == SessionState::Running).await;
    rig.close().await;
}

mod docker {
    use std::sync::Arc;
    use std::time::Duration;

    use app::backend::sessions::SessionEvent;
    use app::backend::{Actor, Preferences as _, Sessions};
    use app::model::preferences::ChangePreferences;
    use app::model::session::{CreateSession, StartSession};
    use berth::database::Database;
    use berth::preferences::PreferencesService;
    use berth::sessions::SessionService;
    use berth::sessions::rules::Rules;
    use berth::shutdown::Shutdown;
    use berth::storage::Layout;
    use engines::{Engine, Gate, Side, image};
    use futures::StreamExt;
    use protocol::SessionId;
    use runtime::Limits;
    use runtime_docker::{DockerRuntime, Network, Options, Patience, Pull};
    use serde_json::Value;
    use tempfile::TempDir;

    use super::*;
    use crate::rig::engine;
    use crate::server::{LIMIT, guest};

    #[tokio::test]
    async fn an_engine_that_hangs_fails_what_needs_it_and_nothing_else() {
        let mut rig = Rig::with("docker").await;
        let running = rig.server.client.running().await;
        let mut terminal = rig.server.client.terminal(&running, 1).await;
        terminal.run("word=remembered").await;
        let new = rig.server.client.create().await;
        let embedded = rig.server.client.create_with(r#"{"runtime":"embedded"}"#).await;

        rig.engine().hang(true);
        let hung = Instant::now();
        rig.server.client.start(&new).await;
        // Terminals, new ones too, and the other runtime have nothing to do with it.
        assert_eq!(terminal.run("echo $word").await, "remembered\n");
        assert_eq!(rig.server.client.terminal(&running, 2).await.run("echo alive").await, "alive\n");
        rig.server.client.start(&embedded).await;
        rig.server.client.until(&embedded, |state| *state == SessionState::Running).await;
        assert!(hung.elapsed().as_secs() < 10, "{:?}", hung.elapsed());
        let cause = rig.server.client.until_failed(&new).await;
        assert_eq!(cause, Cause::StartTimeout { stage: Stage::Creating });
        assert!(hung.elapsed().as_secs() < 25, "{:?}", hung.elapsed());
        assert_eq!(rig.server.client.session(&running).await.state, SessionState::Running);

        rig.engine().hang(false);
        rig.server.client.start(&new).await;
        rig.server.client.until(&new, |state| *state == SessionState::Running).await;
        rig.server.client.delete(&embedded).await;
        rig.assert_there_are(&[&running, &new], "the engine goes on");
        rig.close().await;
    }

    #[tokio::test]
    async fn a_guest_that_does_not_answer_is_told_as_one() {
        let rig = Rig::gated().await;
        let id = rig.server.client.create().await;
        rig.gate().bar(Side::Answer, |line| line.contains("/start "));
        rig.server.client.start(&id).await;
        rig.gate().holds().await;
        kill(Pid::from_raw(guests_of(&rig.server.data)[0]), Signal::SIGSTOP).unwrap();
        rig.open();
        let hung = Instant::now();
        let other = rig.server.client.running().await;
        assert_eq!(rig.server.client.until_failed(&id).await, Cause::GuestUnresponsive);
        assert!(hung.elapsed().as_secs() < 20, "{:?}", hung.elapsed());
        rig.server.client.start(&id).await;
        rig.server.client.until(&id, |state| *state == SessionState::Running).await;
        rig.assert_there_are(&[&id, &other], "started again");
        rig.close().await;
    }

    /// The server's sessions over an engine with less patience than a server has, so that the test need not have it.
    struct Impatient {
        service: Arc<SessionService>,
        preferences: PreferencesService,
        shutdown: Shutdown,
        gate: Gate,
        engine: Engine,
        _data: TempDir,
    }

    fn me() -> Actor {
        Actor::person("admin")
    }

    impl Impatient {
        async fn new() -> Self {
            let (engine, files) = engine(None);
            let gate = Gate::new(engine.socket(), files.path().join("gate.sock"));
            let data = tempfile::tempdir().unwrap();
            let moment = Duration::from_secs(3);
            let options = Options {
                url: format!("unix://{}", gate.socket().display()),
                tls: None,
                image: image::NAME.to_owned(),
                pull: Pull::Never,
                guest: guest(),
                directory: data.path().join("docker"),
                installation: "test".to_owned(),
                network: Network::Walled,
                network_namespace: Some(engine.network_namespace.clone()),
                patience: Patience { look: moment, make: moment, start: moment, pull: moment },
            };
            let runtime = Arc::new(DockerRuntime::connect(options).await.unwrap());
            let database = Database::open(&format!("sqlite://{}/berth.db", data.path().display())).await.unwrap();
            let limits = Limits { cpu_millis: 1000, memory_bytes: 1 << 30, pids: 100, disk_bytes: 1 << 30 };
            let (files, shutdown) = (Layout::new(data.path()), Shutdown::new());
            let rules = Rules::with(limits);
            let preferences = PreferencesService::new(database.clone());
            let service = SessionService::start(database, runtime, rules, files, shutdown.clone()).await.unwrap();
            Self { service, preferences, shutdown, gate, engine, _data: data }
        }

        async fn create(&self) -> SessionId {
            self.service.create(&me(), CreateSession::default()).await.unwrap().id
        }

        async fn start(&self, id: &SessionId) {
            self.service.start(&me(), id, StartSession::default()).await.unwrap();
        }

        async fn until(&self, id: &SessionId, wanted: impl Fn(&SessionState) -> bool) -> SessionState {
            let mut events = self.service.events(&me());
            let wait = async {
                loop {
                    let state = self.service.get(&me(), id).await.unwrap().state;
                    if wanted(&state) {
                        return state;
                    }
                    while !matches!(events.next().await.expect("events"), SessionEvent::Changed(_)) {}
                }
            };
            tokio::time::timeout(LIMIT, wait).await.expect("the state never came")
        }

        async fn run(&self, id: &SessionId) {
            self.start(id).await;
            let is_over = |state: &SessionState| matches!(state, SessionState::Running | SessionState::Failed { .. });
            assert_eq!(self.until(id, is_over).await, SessionState::Running);
        }

        /// Starts it while the engine hangs over requests with `part` in them, and another session meanwhile.
        async fn hangs(&self, id: &SessionId, side: Side, part: String) -> SessionState {
            self.gate.bar(side, move |line| line.contains(&part));
            self.start(id).await;
            self.gate.holds().await;
            let other = self.create().await;
            self.run(&other).await;
            self.service.delete(&me(), &other).await.unwrap();
            self.until(id, |state| matches!(state, SessionState::Failed { .. })).await
        }

        /// The engine's id of a session's container.
        fn container(&self, id: &SessionId) -> String {
            self.engine.get(&format!("/containers/berth-{id}/json")).unwrap()["Id"].as_str().unwrap().to_owned()
        }

        /// What the engine has with our labels.
        fn left(&self) -> Vec<Value> {
            let get = |path: &str| self.engine.get(path).unwrap();
            let (containers, networks) = (get("/containers/json?all=1"), get("/networks"));
            let all = containers.as_array().unwrap().iter().chain(networks.as_array().unwrap());
            all.filter(|one| one["Labels"]["berth.session"].is_string()).cloned().collect()
        }

        async fn close(self) {
            self.shutdown.begin();
            assert!(self.shutdown.finished(LIMIT).await);
        }

        async fn until_nothing_is_left(&self) {
            let begun = Instant::now();
            while !self.left().is_empty() {
                assert!(begun.elapsed() < LIMIT, "{:?}", self.left());
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn a_start_that_hangs_at_any_stage_says_at_which_and_leaves_nothing() {
        let rig = Impatient::new().await;
        let failed = |stage| SessionState::Failed { cause: Cause::StartTimeout { stage } };
        let id = rig.create().await;
        for side in [Side::Request, Side::Answer] {
            let outcome = rig.hangs(&id, side, format!("create?name=berth-{id}")).await;
            assert_eq!(outcome, failed(Stage::Creating), "{side:?}");
            rig.gate.open();
        }
        rig.run(&id).await;

        let container = rig.container(&id);
        for part in ["start ", "json "] {
            rig.service.stop(&me(), &id).await.unwrap();
            rig.until(&id, |state| *state == SessionState::Stopped).await;
            let outcome = rig.hangs(&id, Side::Request, format!("/containers/{container}/{part}")).await;
            assert_eq!(outcome, failed(Stage::Starting), "{part}");
            rig.gate.open();
            rig.run(&id).await;
        }
        rig.service.delete(&me(), &id).await.unwrap();
        rig.until_nothing_is_left().await;

        rig.close().await;
    }

    #[tokio::test]
    async fn what_an_engine_makes_when_its_session_is_gone_is_removed() {
        let rig = Impatient::new().await;
        // With a workspace of its own gone, the engine could not make it.
        let shared = serde_json::Map::from_iter([("workspace_sharing".to_owned(), "full".into())]);
        rig.preferences.change(&me(), ChangePreferences(shared)).await.unwrap();
        let id = rig.create().await;
        rig.gate.bar(Side::Request, |line| line.contains("/containers/create"));
        rig.start(&id).await;
        rig.gate.holds().await;
        rig.engine.hang(true);
        rig.until(&id, |state| matches!(state, SessionState::Failed { .. })).await;
        rig.service.delete(&me(), &id).await.unwrap();
        assert!(rig.service.list(&me()).await.unwrap().is_empty());

        rig.gate.bar(Side::Answer, |line| line.contains("/containers/create"));
        rig.engine.hang(false);
        rig.gate.holds().await;
        rig.container(&id);
        rig.gate.open();
        rig.until_nothing_is_left().await;
        rig.close().await;
    }
}
