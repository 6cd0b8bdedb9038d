//! One person's files on a server of the test's own, over the API; and their home on the disk, where the test
//! plays the container.

use std::path::PathBuf;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::support::client::{Request, Response};
use crate::support::server::Server;

/// Who the tests' person is unless they joined.
pub const ADMIN: &str = "admin";

pub struct Drawer {
    pub server: Server,
    pub cookie: String,
}

impl Drawer {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(flags: &[&str]) -> Self {
        let server = Server::with(flags).await;
        let cookie = server.sign_in().await;
        let drawer = Self { server, cookie };
        // Makes the home.
        drawer.get("browse", &[]).await;
        drawer
    }

    /// The same after the server ended and another began.
    pub async fn again(self, flags: &[&str]) -> Self {
        let server = self.server.again(flags).await;
        let cookie = server.sign_in().await;
        Self { server, cookie }
    }

    pub async fn close(self) {
        self.server.close().await;
    }

    /// The person's part of the disk.
    pub fn person(&self) -> PathBuf {
        self.server.app.config.data_dir.join("files").join(ADMIN)
    }

    pub fn home(&self) -> PathBuf {
        self.person().join("home")
    }

    /// What is in home on the disk.
    pub fn at(&self, path: &str) -> PathBuf {
        self.home().join(path)
    }

    pub fn put(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let at = self.at(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, bytes).unwrap();
    }

    pub fn read(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.at(path)).unwrap()
    }

    pub fn is_there(&self, path: &str) -> bool {
        self.at(path).symlink_metadata().is_ok()
    }

    /// What is left of uploads and copies, on the disk.
    pub fn left(&self) -> Vec<String> {
        names(&self.person().join("uploads"))
    }

    pub fn own(&self, method: &str, target: &str) -> Request {
        self.server.own(&self.cookie, method, target)
    }

    pub fn asking(&self, verb: &str, query: &[(&str, &str)]) -> Request {
        self.own("GET", &target(verb, query))
    }

    pub async fn get(&self, verb: &str, query: &[(&str, &str)]) -> Response {
        self.asking(verb, query).send().await
    }

    pub async fn post(&self, verb: &str, body: Value) -> Response {
        self.own("POST", &target(verb, &[])).json(&body.to_string()).send().await
    }

    /// A whole file.
    pub async fn upload(&self, path: &str, bytes: &[u8], more: &[(&str, &str)]) -> Response {
        let query = [&[("path", path)], more].concat();
        let request = self.own("POST", &target("upload", &query));
        // One without a body has no length either.
        let request = if bytes.is_empty() { request.header("content-length", "0") } else { request };
        request.body(bytes).send().await
    }

    pub async fn download(&self, path: &str) -> Response {
        self.get("download", &[("path", path)]).await
    }

    /// The names in a folder, hidden ones too.
    pub async fn names(&self, path: &str) -> Vec<String> {
        let response = self.get("browse", &[("path", path), ("hidden", "true"), ("limit", "1000")]).await;
        assert_eq!(response.status, 200, "{response:?}");
        let entries = response.json()["entries"].as_array().unwrap().clone();
        entries.iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Begins an upload in parts; answers its id.
    pub async fn begin(&self, path: &str, size: u64, clash: &str) -> String {
        let response = self.post("upload/initiate", json!({"at": at(path), "size": size, "clash": clash})).await;
        assert_eq!(response.status, 201, "{response:?}");
        response.json()["id"].as_str().unwrap().to_owned()
    }

    pub fn part_request(&self, id: &str, number: u32) -> Request {
        self.own("POST", &target("upload/part", &[("upload", id), ("number", &number.to_string())]))
    }

    pub async fn part(&self, id: &str, number: u32, bytes: &[u8]) -> Response {
        self.part_request(id, number).body(bytes).send().await
    }

    pub async fn complete(&self, id: &str) -> Response {
        self.post("upload/complete", json!({"upload": id})).await
    }

    /// Moves or copies one thing.
    pub async fn relocate(&self, verb: &str, from: &str, to: &str, more: Value) -> Value {
        self.relocate_at(verb, at(from), at(to), more).await
    }

    pub async fn relocate_at(&self, verb: &str, from: Value, to: Value, more: Value) -> Value {
        let mut body = json!({"items": [{"from": from, "to": to}]});
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        let response = self.post(verb, body).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }

    pub async fn delete(&self, path: &str) -> Value {
        let response = self.post("delete", json!({"items": [at(path)]})).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }

    pub async fn trash(&self) -> Vec<Value> {
        self.get("trash", &[]).await.json().as_array().unwrap().clone()
    }

    pub async fn restore(&self, id: &str) -> Value {
        self.post("restore", json!({"trashed": [id]})).await.json()
    }

    pub async fn stats(&self) -> Value {
        let response = self.get("stats", &[]).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }

    /// A session of `owner`'s that has a container, with a workspace of its own; answers where that is.
    pub async fn session(&self, owner: &str, id: &str) -> PathBuf {
        let row = berth::database::StoredSession {
            id: id.parse().unwrap(),
            owner: owner.into(),
            name: id.to_owned(),
            state: app::model::session::SessionState::Stopped,
            container: Some(format!("fake-{id}").parse().unwrap()),
            token: protocol::GuestToken::from_random([7; 32]),
            created_at: OffsetDateTime::UNIX_EPOCH,
            active_at: OffsetDateTime::UNIX_EPOCH,
            start: Vec::new(),
            ready_ms: None,
            details: berth::database::SessionDetails::default(),
        };
        self.server.app.database.insert_session(&row).await.unwrap();
        let layout = berth::storage::Layout::new(&self.server.app.config.data_dir);
        let sharing = app::model::preferences::WorkspaceSharing::None;
        layout.home(owner, &row.id, sharing).unwrap().workspace.unwrap()
    }
}

/// `?`-query and all of one of the storage's addresses.
pub fn target(verb: &str, query: &[(&str, &str)]) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let query: Vec<String> = query.iter().map(|(key, value)| format!("{}={}", key, encoded(value))).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/api/storage/{verb}{mark}{}", query.join("&"))
}

/// A place in home.
pub fn at(path: &str) -> Value {
    json!({ "path": path })
}

/// A place in a session's workspace.
pub fn within(session: &str, path: &str) -> Value {
    json!({"session": session, "path": path})
}

/// The names in a directory, in order.
pub fn names(directory: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// What one thing that failed is told as.
pub fn failure(outcome: &Value) -> &str {
    assert_eq!(
        (outcome["done"].as_array().unwrap().len(), outcome["failed"].as_array().unwrap().len()),
        (0, 1),
        "{outcome}"
    );
    outcome["failed"][0]["code"].as_str().unwrap()
}

/// The one thing that was done.
pub fn done(outcome: &Value) -> &Value {
    assert_eq!(
        (outcome["done"].as_array().unwrap().len(), outcome["failed"].as_array().unwrap().len()),
        (1, 0),
        "{outcome}"
    );
    &outcome["done"][0]
}

/// A failure's status and code.
pub fn told(response: &Response) -> (u16, String) {
    (response.status.as_u16(), response.json()["code"].as_str().unwrap_or_default().to_owned())
}

/// Bytes that are nowhere alike.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(length).collect()
}
