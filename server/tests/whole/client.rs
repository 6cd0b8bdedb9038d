//! A signed-in browser's requests.

use std::collections::HashMap;
use std::time::Duration;

use app::model::error::ApiError;
use app::model::session::{Cause, Session, SessionState};
use app::model::usage::{Samples, SessionUsage};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use protocol::SessionId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;

use crate::server::{EMAIL, LIMIT, PASSWORD};
use crate::terminal::Terminal;

/// Between two looks at a state.
const POLL: Duration = Duration::from_millis(10);

/// A session's state, and what it uses.
#[derive(Debug, Deserialize)]
pub struct Status {
    pub id: SessionId,
    pub usage: Option<SessionUsage>,
    pub samples: Samples,
}

#[derive(Clone)]
pub struct Client {
    address: String,
    cookie: String,
}

impl Client {
    pub fn new(address: String, cookie: String) -> Self {
        Self { address, cookie }
    }

    /// Signs the administrator in, and answers the cookie.
    pub async fn sign_in(address: &str) -> String {
        let anonymous = Self::new(address.to_owned(), String::new());
        let form = format!("email={EMAIL}&password={PASSWORD}");
        let kind = "application/x-www-form-urlencoded";
        let response = anonymous.send_as(kind, Method::POST, "/sign-in", form.into()).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "signing in");
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    pub async fn send(&self, method: Method, path: &str, body: Bytes) -> Response<Bytes> {
        self.send_as("application/json", method, path, body).await
    }

    async fn send_as(&self, kind: &str, method: Method, path: &str, body: Bytes) -> Response<Bytes> {
        let exchange = async {
            let stream = TcpStream::connect(&self.address).await.unwrap();
            let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header(header::HOST, &self.address)
                .header(header::ORIGIN, format!("http://{}", self.address))
                .header(header::COOKIE, &self.cookie)
                .header(header::CONTENT_TYPE, kind)
                .body(Full::new(body))
                .unwrap();
            let (head, body) = sender.send_request(request).await.unwrap().into_parts();
            Response::from_parts(head, body.collect().await.unwrap().to_bytes())
        };
        tokio::time::timeout(LIMIT, exchange).await.expect("no answer")
    }

    async fn json<T: DeserializeOwned>(&self, method: Method, path: &str, body: &str) -> T {
        let response = self.send(method, path, body.to_owned().into()).await;
        assert!(response.status().is_success(), "{path}: {} {:?}", response.status(), response.body());
        serde_json::from_slice(response.body()).unwrap()
    }

    /// The error that a request is answered with.
    pub async fn error(&self, method: Method, path: &str) -> (StatusCode, ApiError) {
        let response = self.send(method, path, Bytes::new()).await;
        (response.status(), serde_json::from_slice(response.body()).expect("a documented error"))
    }

    pub async fn sessions(&self) -> Vec<Session> {
        self.json(Method::GET, "/api/sessions", "").await
    }

    pub async fn session(&self, id: &SessionId) -> Session {
        self.json(Method::GET, &format!("/api/sessions/{id}"), "").await
    }

    pub async fn create(&self) -> SessionId {
        self.json::<Session>(Method::POST, "/api/sessions", "{}").await.id
    }

    /// A session made from what this JSON says.
    pub async fn create_with(&self, new: &str) -> SessionId {
        self.json::<Session>(Method::POST, "/api/sessions", new).await.id
    }

    /// What the sessions use, once each was looked at so often.
    pub async fn until_looked_at(&self, ids: &[&SessionId], looks: usize) -> HashMap<SessionId, Status> {
        let wait = async {
            loop {
                let all: Vec<Status> = self.json(Method::GET, "/api/sessions/batch-status", "").await;
                let found: HashMap<_, _> = all.into_iter().map(|status| (status.id.clone(), status)).collect();
                if ids.iter().all(|id| found.get(id).is_some_and(|status| status.samples.cpu_millis.len() >= looks)) {
                    return found;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(LIMIT, wait).await.expect("they were not looked at")
    }

    pub async fn start(&self, id: &SessionId) {
        let _: Session = self.json(Method::POST, &format!("/api/sessions/{id}/start"), "").await;
    }

    pub async fn stop(&self, id: &SessionId) {
        let _: Session = self.json(Method::POST, &format!("/api/sessions/{id}/stop"), "").await;
    }

    pub async fn restart(&self, id: &SessionId) {
        let _: Session = self.json(Method::POST, &format!("/api/sessions/{id}/restart"), "").await;
    }

    pub async fn delete(&self, id: &SessionId) {
        let response = self.send(Method::DELETE, &format!("/api/sessions/{id}"), Bytes::new()).await;
        assert!(response.status().is_success(), "deleting: {} {:?}", response.status(), response.body());
    }

    /// A new session, running.
    pub async fn running(&self) -> SessionId {
        let id = self.create().await;
        self.start(&id).await;
        self.until(&id, |state| *state == SessionState::Running).await;
        id
    }

    /// The session once its state is as wanted. One that fails instead fails the test at once.
    pub async fn until(&self, id: &SessionId, wanted: impl Fn(&SessionState) -> bool) -> Session {
        let wait = async {
            loop {
                let session = self.session(id).await;
                if wanted(&session.state) {
                    return session;
                }
                assert!(!matches!(session.state, SessionState::Failed { .. }), "failed: {:?}", session.state);
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(LIMIT, wait).await.expect("the state never came")
    }

    /// The session once it tells of its start what is wanted.
    pub async fn until_told(&self, id: &SessionId, wanted: impl Fn(&str) -> bool) -> Session {
        let wait = async {
            loop {
                let session = self.session(id).await;
                if session.doing.as_deref().is_some_and(&wanted) {
                    return session;
                }
                assert!(!matches!(session.state, SessionState::Failed { .. }), "failed: {:?}", session.state);
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(LIMIT, wait).await.expect("it was never told")
    }

    /// Why the session failed, once it has.
    pub async fn until_failed(&self, id: &SessionId) -> Cause {
        let wait = async {
            loop {
                if let SessionState::Failed { cause } = self.session(id).await.state {
                    return cause;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(LIMIT, wait).await.expect("it never failed")
    }

    pub async fn terminal(&self, id: &SessionId, number: u8) -> Terminal {
        Terminal::connect(&self.address, &self.cookie, id, number, "").await
    }

    /// A terminal that goes on from where another was cut.
    pub async fn terminal_since(&self, id: &SessionId, number: u8, cut: &Terminal) -> Terminal {
        let query = format!("&since={}&epoch={}", cut.offset, cut.epoch);
        Terminal::connect(&self.address, &self.cookie, id, number, &query).await
    }

    /// The code that a socket is closed with at once.
    pub async fn refusal(&self, id: &SessionId, number: u8) -> u16 {
        Terminal::refusal(&self.address, &self.cookie, id, number).await
    }
}
