//! A shell in a container, by way of the guest's HTTP API.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use protocol::frame::Size;
use protocol::guest::{OpenTerminal, Shutdown};
use protocol::{ContainerId, GuestToken};
use tokio::time::{interval, timeout};

use super::LIMIT;
use crate::{Runtime, RuntimeError};

/// How often the screen is looked at for what is waited for: nothing announces it here.
const LOOK: Duration = Duration::from_millis(20);
/// Wide enough that no line of these tests is broken.
const WIDE: Size = Size { cols: 400, rows: 50 };

/// A shell in one container.
pub struct Inside {
    runtime: Arc<dyn Runtime>,
    id: ContainerId,
    token: GuestToken,
    /// Numbers commands, from a different number in each shell: an earlier one's output may still be
    /// on the screen.
    commands: AtomicU32,
}

/// What a command did.
#[derive(Debug, PartialEq, Eq)]
pub struct Output {
    /// Its exit code.
    pub code: i32,
    /// What it printed, trimmed.
    pub text: String,
}

impl Inside {
    pub(super) fn new(runtime: Arc<dyn Runtime>, id: ContainerId, token: GuestToken) -> Self {
        use std::hash::{BuildHasher, RandomState};
        let first = (RandomState::new().hash_one(0) & 0xFFFF_FFFF) as u32;
        Self { runtime, id, token, commands: AtomicU32::new(first) }
    }

    /// Runs a command line in the shell, and waits for its end.
    pub async fn run(&self, command: &str) -> Output {
        let number = self.commands.fetch_add(1, Ordering::Relaxed);
        self.open().await;
        // The quotes keep the echoed command line from looking like its own output.
        let line = format!("echo 'BEGIN''-{number}'; {command}\necho 'END''-{number}' $?\n");
        self.type_in(&line).await;
        let (begin, end) = (format!("BEGIN-{number}\n"), format!("END-{number} "));
        let mut look = interval(LOOK);
        let waited = timeout(LIMIT, async {
            loop {
                look.tick().await;
                let screen = self.screen().await;
                let Some((_, after)) = screen.split_once(&begin) else { continue };
                let Some((text, rest)) = after.split_once(&end) else { continue };
                let Some((code, _)) = rest.split_once('\n') else { continue };
                return Output { code: code.trim().parse().expect("an exit code"), text: strip_prompts(text) };
            }
        });
        match waited.await {
            Ok(output) => output,
            Err(_) => panic!("`{command}` did not end; the screen:\n{}", self.screen().await),
        }
    }

    /// Runs a command that has to succeed, and answers what it printed.
    pub async fn succeed(&self, command: &str) -> String {
        let output = self.run(command).await;
        assert_eq!(output.code, 0, "`{command}`: {}", output.text);
        output.text
    }

    /// Types without waiting for anything.
    pub async fn type_in(&self, text: &str) {
        let (status, body) = self.ask(Method::POST, "/terminals/1/input", text.to_owned()).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    }

    /// Uploads a file, and answers what the guest says of it.
    pub async fn upload(&self, name: &str, content: &str) -> String {
        let (status, body) = self.ask(Method::POST, &format!("/uploads?name={name}"), content.to_owned()).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body
    }

    /// Asks the guest to shut down.
    pub async fn shut_down(&self) {
        let body = serde_json::to_string(&Shutdown { grace_ms: 2000 }).expect("JSON");
        let (status, body) = self.ask(Method::POST, "/shutdown", body).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    }

    /// Waits until the guest answers, and opens the terminal if it is not.
    pub async fn open(&self) {
        let body = serde_json::to_string(&OpenTerminal { size: Some(WIDE), ..OpenTerminal::default() }).expect("JSON");
        let (status, body) = self.ask(Method::PUT, "/terminals/1", body).await;
        assert_eq!(status, StatusCode::OK, "{body}");
    }

    async fn screen(&self) -> String {
        let (status, body) = self.ask(Method::GET, "/terminals/1/scrollback?format=text", String::new()).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    async fn ask(&self, method: Method, path: &str, body: String) -> (StatusCode, String) {
        timeout(LIMIT, async {
            let stream = self.connect().await;
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("handshake");
            tokio::spawn(connection);
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("host", "guest")
                .header("authorization", format!("Bearer {}", self.token.reveal()))
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from(body)))
                .expect("a request");
            let response = sender.send_request(request).await.expect("an answer");
            let status = response.status();
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            (status, String::from_utf8_lossy(&body).into_owned())
        })
        .await
        .expect("the guest answers in time")
    }

    async fn connect(&self) -> Box<dyn crate::ByteStream> {
        let mut look = interval(LOOK);
        loop {
            look.tick().await;
            match self.runtime.connect(&self.id).await {
                Ok(stream) => return stream,
                // It runs, but does not listen yet.
                Err(RuntimeError::NotRunning(_)) => {}
                Err(error) => panic!("connect: {error}"),
            }
        }
    }
}

/// What a command printed, without the prompt that stands before the line which ends it.
fn strip_prompts(text: &str) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.contains("echo 'END''-")).collect();
    lines.join("\n").trim().to_owned()
}
