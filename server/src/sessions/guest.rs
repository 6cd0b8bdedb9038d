//! The server's side of the guest's HTTP API: one byte stream a request, each within a limit.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use app::backend::sessions::FileBytes;
use bytes::Bytes;
use futures::TryStreamExt as _;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Body, Frame, Incoming};
use hyper_util::rt::TokioIo;
use protocol::guest::{
    Activity, Callback, CalledBack, FindPrograms, FoundPrograms, Health, OpenTerminal, Terminal, Uploaded,
};
use protocol::loopback::LoopbackAddress;
use protocol::upload::UploadName;
use protocol::{ContainerId, GuestToken, TerminalId};
use runtime::{Runtime, RuntimeError};
use serde::de::DeserializeOwned;

/// What a guest may take for one answer. It answers in well under a millisecond unless it is stuck
/// or the machine is starved.
const REQUEST_LIMIT: Duration = Duration::from_secs(5);
/// What a guest may take to end a terminal's programs, of which it gives them three seconds.
const CLOSE_LIMIT: Duration = Duration::from_secs(15);
/// What a guest may take to call a program: its own limits for that, and some.
const CALLBACK_LIMIT: Duration = Duration::from_secs(15);
/// The longest scrollback taken from a guest, bytes: 10,000 lines at their widest with colours stay below.
const MAX_SCROLLBACK: usize = 64 * 1024 * 1024;
/// The longest of any other answer, bytes: six terminals with their titles and command lines stay below. A guest is
/// not trusted with the server's memory.
const MAX_ANSWER: usize = 64 * 1024;

/// Why a guest could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// There is no way to it: it doesn't run, or doesn't listen yet.
    #[error("the guest can't be reached: {0}")]
    Connect(#[from] RuntimeError),
    /// It was reached and said nothing in time.
    #[error("the guest did not answer in time")]
    Timeout,
    /// It answered that there is no such terminal.
    #[error("the guest has no such terminal")]
    NotFound,
    /// It refused.
    #[error("the guest answered {0}")]
    Refused(StatusCode),
    /// What it said was not HTTP, or not the answer expected.
    #[error("the guest's answer can't be read: {0}")]
    Protocol(String),
}

impl GuestError {
    /// Whether asking again may help: the guest, or its terminal, got no turn on a busy machine.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        matches!(self, Self::Timeout | Self::Refused(StatusCode::SERVICE_UNAVAILABLE))
    }
}

/// A way to one container's guest.
pub struct GuestClient {
    runtime: Arc<dyn Runtime>,
    container: ContainerId,
    token: GuestToken,
}

impl GuestClient {
    /// A client of the guest in `container`; connects to nothing yet.
    #[must_use]
    pub fn new(runtime: Arc<dyn Runtime>, container: ContainerId, token: GuestToken) -> Self {
        Self { runtime, container, token }
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// All of [`GuestError`] but `NotFound`.
    pub async fn health(&self) -> Result<Health, GuestError> {
        read_json(self.ask(Method::GET, "/health", Bytes::new()).await?)
    }

    /// Its open terminals.
    ///
    /// # Errors
    /// All of [`GuestError`] but `NotFound`.
    pub async fn terminals(&self) -> Result<Vec<Terminal>, GuestError> {
        read_json(self.ask(Method::GET, "/terminals", Bytes::new()).await?)
    }

    /// What goes on in it.
    ///
    /// # Errors
    /// All of [`GuestError`]; `NotFound` of a guest that is older than the question.
    pub async fn activity(&self) -> Result<Activity, GuestError> {
        let activity: Activity = read_json(self.ask(Method::GET, "/activity", Bytes::new()).await?)?;
        let mut ids: Vec<_> = activity.terminals.iter().map(|open| open.terminal.id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() < activity.terminals.len() {
            return Err(GuestError::Protocol("a terminal is told of twice".to_owned()));
        }
        Ok(activity)
    }

    /// Which of these programs it has.
    ///
    /// # Errors
    /// All of [`GuestError`]; `NotFound` of a guest that is older than the question.
    pub async fn find_programs(&self, names: Vec<String>) -> Result<Vec<String>, GuestError> {
        let body = serde_json::to_vec(&FindPrograms { names }).map_err(|e| GuestError::Protocol(e.to_string()))?;
        Ok(read_json::<FoundPrograms>(self.ask(Method::POST, "/programs", body.into()).await?)?.found)
    }

    /// Opens a terminal unless it is open.
    ///
    /// # Errors
    /// All of [`GuestError`].
    pub async fn open_terminal(&self, id: TerminalId, open: &OpenTerminal) -> Result<Terminal, GuestError> {
        let body = serde_json::to_vec(open).map_err(|error| GuestError::Protocol(error.to_string()))?;
        read_json(self.ask(Method::PUT, &format!("/terminals/{id}"), body.into()).await?)
    }

    /// Ends a terminal's programs.
    ///
    /// # Errors
    /// All of [`GuestError`].
    pub async fn close_terminal(&self, id: TerminalId) -> Result<(), GuestError> {
        let target = format!("/terminals/{id}");
        self.ask_within(CLOSE_LIMIT, MAX_ANSWER, Method::DELETE, &target, Bytes::new()).await.map(drop)
    }

    /// A terminal's screen and scrollback.
    ///
    /// # Errors
    /// All of [`GuestError`].
    pub async fn scrollback(&self, id: TerminalId, ansi: bool) -> Result<Bytes, GuestError> {
        let format = if ansi { "ansi" } else { "text" };
        let target = format!("/terminals/{id}/scrollback?format={format}");
        self.ask_within(REQUEST_LIMIT, MAX_SCROLLBACK, Method::GET, &target, Bytes::new()).await
    }

    /// Types into a terminal.
    ///
    /// # Errors
    /// All of [`GuestError`].
    pub async fn input(&self, id: TerminalId, bytes: Bytes) -> Result<(), GuestError> {
        self.ask(Method::POST, &format!("/terminals/{id}/input"), bytes).await.map(drop)
    }

    /// Puts a file into the container and answers its path. As long as bytes come and are taken, it has no limit
    /// of its own: the request that it comes with has one.
    ///
    /// # Errors
    /// All of [`GuestError`] but `NotFound`; `Protocol` also when `file` fails.
    pub async fn upload(&self, name: &UploadName, file: FileBytes) -> Result<String, GuestError> {
        let target = format!("/uploads?name={}", percent_encoded(name.as_str()));
        let body = StreamBody::new(file.map_ok(Frame::data));
        let request = self.request(Method::POST, &target).body(body);
        let request = request.map_err(|error| GuestError::Protocol(error.to_string()))?;
        let mut sender = self.connect().await?;
        let response = sender.send_request(request).await.map_err(|error| GuestError::Protocol(error.to_string()))?;
        let read = tokio::time::timeout(REQUEST_LIMIT, read_answer(response, MAX_ANSWER)).await;
        Ok(read_json::<Uploaded>(read.unwrap_or(Err(GuestError::Timeout))?)?.path)
    }

    /// Calls a program on the container's loopback; answers its status.
    ///
    /// # Errors
    /// All of [`GuestError`] but `NotFound`.
    pub async fn call_back(&self, to: &LoopbackAddress) -> Result<u16, GuestError> {
        let body = serde_json::to_vec(&Callback { url: to.reveal() });
        // Not the cause's words: they may repeat the address.
        let body = body.map_err(|_| GuestError::Protocol("the address can't be written as JSON".to_owned()))?;
        let answer = self.ask_within(CALLBACK_LIMIT, MAX_ANSWER, Method::POST, "/callback", body.into()).await?;
        Ok(read_json::<CalledBack>(answer)?.status)
    }

    /// Asks for a terminal's socket with a browser's own key, so that the answer's `accept` is the
    /// one the browser wants. The response is whatever the guest said; 101 when it agrees, and then
    /// [`hyper::upgrade::on`] it gives the stream.
    ///
    /// # Errors
    /// `Connect`, `Timeout`, `Protocol`.
    pub async fn upgrade(
        &self,
        id: TerminalId,
        query: Option<&str>,
        key: &str,
    ) -> Result<http::Response<Incoming>, GuestError> {
        let target = query.map_or_else(|| format!("/terminals/{id}/ws"), |query| format!("/terminals/{id}/ws?{query}"));
        let request = self
            .request(Method::GET, &target)
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, key);
        self.send(request, Bytes::new()).await
    }

    fn request(&self, method: Method, target: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(target)
            .header(header::HOST, "guest")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token.reveal()))
    }

    async fn ask(&self, method: Method, target: &str, body: Bytes) -> Result<Bytes, GuestError> {
        self.ask_within(REQUEST_LIMIT, MAX_ANSWER, method, target, body).await
    }

    async fn ask_within(
        &self,
        limit: Duration,
        longest: usize,
        method: Method,
        target: &str,
        body: Bytes,
    ) -> Result<Bytes, GuestError> {
        let exchange = async { read_answer(self.exchange(self.request(method, target), body).await?, longest).await };
        tokio::time::timeout(limit, exchange).await.unwrap_or(Err(GuestError::Timeout))
    }

    async fn send(&self, request: http::request::Builder, body: Bytes) -> Result<http::Response<Incoming>, GuestError> {
        tokio::time::timeout(REQUEST_LIMIT, self.exchange(request, body)).await.unwrap_or(Err(GuestError::Timeout))
    }

    async fn exchange(
        &self,
        request: http::request::Builder,
        body: Bytes,
    ) -> Result<http::Response<Incoming>, GuestError> {
        let request = request.body(Full::new(body)).map_err(|error| GuestError::Protocol(error.to_string()))?;
        let mut sender = self.connect().await?;
        sender.send_request(request).await.map_err(|error| GuestError::Protocol(error.to_string()))
    }

    /// A connection of its own for one request.
    async fn connect<B>(&self) -> Result<hyper::client::conn::http1::SendRequest<B>, GuestError>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let connecting = async {
            let stream = self.runtime.connect(&self.container).await?;
            let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
                .await
                .map_err(|error| GuestError::Protocol(error.to_string()))?;
            // Ends with the response's body, the upgrade, or the request's being given up; its failure is the
            // request's.
            tokio::spawn(connection.with_upgrades());
            Ok(sender)
        };
        tokio::time::timeout(REQUEST_LIMIT, connecting).await.unwrap_or(Err(GuestError::Timeout))
    }
}

async fn read_answer(response: http::Response<Incoming>, longest: usize) -> Result<Bytes, GuestError> {
    match response.status() {
        StatusCode::NOT_FOUND => return Err(GuestError::NotFound),
        status if !status.is_success() => return Err(GuestError::Refused(status)),
        _ => {}
    }
    let body = Limited::new(response.into_body(), longest).collect().await;
    Ok(body.map_err(|error| GuestError::Protocol(error.to_string()))?.to_bytes())
}

/// `text` with all but letters and digits as `%XX`.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

fn read_json<T: DeserializeOwned>(body: Bytes) -> Result<T, GuestError> {
    serde_json::from_slice(&body).map_err(|error| GuestError::Protocol(error.to_string()))
}
