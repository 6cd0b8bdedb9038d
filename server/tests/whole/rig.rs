//! A server with what runs its containers: nothing, or a real dockerd of the test's own. The engine's containers, its
//! networks and the server are in namespaces of the test's thread, where nothing of the host's is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engines::{Engine, Gate, Kind, image};
use http::{Method, StatusCode};
use protocol::SessionId;
use serde_json::Value;
use tempfile::TempDir;

use crate::server::{Server, guests_of};

/// The server first: it is gone before its engine is.
pub struct Rig {
    pub server: Server,
    engine: Option<Engine>,
    /// By which the server reaches the engine, if need be.
    gate: Option<Gate>,
}

impl Rig {
    /// Sessions in the embedded runtime, and no other.
    pub async fn embedded() -> Self {
        Self { server: Server::new().await, engine: None, gate: None }
    }

    /// Sessions at Docker. Has to be called on the test's own thread, as all that begin an engine, for that is where
    /// the namespaces are.
    pub async fn docker() -> Self {
        Self::with("docker").await
    }

    /// A server that knows of an engine, and has its sessions in `runtime`.
    pub async fn with(runtime: &str) -> Self {
        let (engine, _) = engine(None);
        Self::before(runtime, engine, None).await
    }

    /// Sessions at an engine that has so many bytes for its images and containers.
    pub async fn docker_within(size: u64) -> Self {
        let (engine, _) = engine(Some(size));
        Self::before("docker", engine, None).await
    }

    /// Sessions at an engine that can be made to hang.
    pub async fn gated() -> Self {
        let (engine, files) = engine(None);
        let gate = Gate::new(engine.socket(), files.path().join("gate.sock"));
        Self::before("docker", engine, Some(gate)).await
    }

    /// Sessions of an image that the engine may have to get first.
    pub async fn pulling(engine: Engine, image: &str) -> Self {
        let mut flags = flags("docker", &engine, None);
        image.clone_into(&mut flags[5]);
        let mut flags: Vec<_> = flags.iter().map(String::as_str).collect();
        flags.extend(["--docker-pull", "true"]);
        let server = Server::with(&flags).await;
        Self { server, engine: Some(engine), gate: None }
    }

    async fn before(runtime: &str, engine: Engine, gate: Option<Gate>) -> Self {
        let flags = flags(runtime, &engine, gate.as_ref());
        let server = Server::with(&flags.each_ref().map(String::as_str)).await;
        Self { server, engine: Some(engine), gate }
    }

    /// Has new sessions made elsewhere, by a new server.
    pub async fn start_with(&mut self, runtime: &str) {
        let flags = flags(runtime, self.engine.as_ref().expect("an engine"), self.gate.as_ref());
        self.server.start_with(&flags.each_ref().map(String::as_str)).await;
    }

    pub fn engine(&mut self) -> &mut Engine {
        self.engine.as_mut().expect("an engine")
    }

    pub fn gate(&self) -> &Gate {
        self.gate.as_ref().expect("a gate")
    }

    /// Opens the gate, if there is one.
    pub fn open(&self) {
        self.gate.iter().for_each(Gate::open);
    }

    /// Where the one person's files are on this host, once they have had a session.
    pub fn home(&self) -> PathBuf {
        let people = std::fs::read_dir(self.server.data.join("files")).unwrap().flatten();
        people.map(|person| person.path().join("home")).find(|home| home.is_dir()).expect("a home")
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        let response = self.server.client.send(Method::GET, path, bytes::Bytes::new()).await;
        (response.status(), serde_json::from_slice(response.body()).unwrap())
    }

    /// Containers that there are, running or not.
    pub fn containers(&self) -> usize {
        self.belongings().get("container").map_or(0, Vec::len)
    }

    /// What there is of sessions, by kind, each with its session's id.
    fn belongings(&self) -> BTreeMap<&'static str, Vec<String>> {
        let data = &self.server.data;
        let mut found = BTreeMap::new();
        match &self.engine {
            None => drop(found.insert("container", names(&data.join("containers/runtime/containers"), "berth-"))),
            Some(engine) => {
                for (kind, path, list) in [
                    ("container", "/containers/json?all=1", ""),
                    ("network", "/networks", ""),
                    ("volume", "/volumes", "Volumes"),
                ] {
                    let answer = engine.get(path).unwrap();
                    let all = if list.is_empty() { &answer } else { &answer[list] };
                    let session = |one: &Value| one["Labels"]["berth.session"].as_str().map(str::to_owned);
                    found.insert(kind, all.as_array().into_iter().flatten().filter_map(session).collect());
                }
                let mut directories = names(&data.join("docker"), "");
                directories.retain(|name| name.parse::<SessionId>().is_ok());
                found.insert("directory", directories);
            }
        }
        found.retain(|_, sessions: &mut Vec<String>| {
            sessions.sort_unstable();
            !sessions.is_empty()
        });
        found
    }

    /// Asserts that each of these sessions has one container with what belongs to it, of which one guest each runs, and
    /// that there is nothing else.
    pub fn assert_there_are(&self, running: &[&SessionId], told: &str) {
        let mut ids: Vec<_> = running.iter().map(ToString::to_string).collect();
        ids.sort_unstable();
        for (kind, sessions) in self.belongings() {
            assert_eq!(sessions, ids, "{kind}, {told}");
        }
        assert_eq!(self.containers(), ids.len(), "{told}");
        assert_eq!(guests_of(&self.server.data).len(), ids.len(), "{told}");
    }

    /// Deletes all sessions, after which nothing may be left.
    pub async fn close(self) {
        for session in self.server.client.sessions().await {
            self.server.client.delete(&session.id).await;
        }
        self.assert_there_are(&[], "in the end");
        let Self { server, engine, gate } = self;
        server.close().await;
        drop((gate, engine));
    }
}

/// An engine that has the image.
fn engine(size: Option<u64>) -> (Engine, Arc<TempDir>) {
    let (engine, files) = empty_engine(size);
    engine.load_image(&image_tar());
    (engine, files)
}

pub fn empty_engine(size: Option<u64>) -> (Engine, Arc<TempDir>) {
    let files = Arc::new(tempfile::Builder::new().prefix("berth-").tempdir().unwrap());
    (Engine::start_within(Kind::Docker, Arc::clone(&files), size), files)
}

/// The image's one layer.
pub fn image_tar() -> PathBuf {
    image::tar(Path::new(env!("CARGO_TARGET_TMPDIR")))
}

fn flags(runtime: &str, engine: &Engine, gate: Option<&Gate>) -> [String; 6] {
    let socket = gate.map_or_else(|| engine.socket(), |gate| gate.socket().to_owned());
    let url = format!("unix://{}", socket.display());
    ["--runtime", runtime, "--docker-url", &url, "--docker-image", image::NAME].map(str::to_owned)
}

/// What begins so in a directory, without its beginning.
fn names(directory: &Path, prefix: &str) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some(entry.file_name().to_str()?.strip_prefix(prefix)?.to_owned())).collect()
}
