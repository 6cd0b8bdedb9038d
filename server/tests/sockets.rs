//! Terminal sockets over real TCP, with a guest that is a WebSocket echo: who gets one, which close code
//! who doesn't, and that frames pass as they are.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use app::backend::{Actor, Sessions};
use app::model::session::{CreateSession, SessionState, StartSession};
use axum::body::Body;
use berth::auth::{Caller, Live};
use berth::database::{Database, TokenHash};
use berth::sessions::SessionService;
use berth::sessions::rules::{Allowances, Rules};
use berth::shutdown::Shutdown;
use berth::storage::Layout;
use berth::terminal::{Sockets, upgrade};
use futures::{SinkExt, StreamExt};
use http::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use protocol::{SessionId, close};
use runtime::fake::{Call, FakeRuntime, Guest};
use runtime::{Exit, Limits};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

const LIMIT: Duration = Duration::from_secs(20);
const LIMITS: Limits = Limits { cpu_millis: 1000, memory_bytes: 1 << 30, pids: 100, disk_bytes: 1 << 30 };

struct Rig {
    runtime: Arc<FakeRuntime>,
    service: Arc<SessionService>,
    shutdown: Shutdown,
    address: SocketAddr,
    _directory: TempDir,
}

impl Rig {
    async fn new() -> Self {
        Self::with(u32::MAX).await
    }

    /// One in which a person may open so many sockets in a minute.
    async fn with(sockets: u32) -> Self {
        let allowances = Allowances { sockets_a_minute: NonZeroU32::new(sockets).unwrap(), ..Allowances::default() };
        let rules = Rules { allowances, ..Rules::with(LIMITS) };
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&format!("sqlite://{}/berth.db", directory.path().display())).await.unwrap();
        let runtime = Arc::new(FakeRuntime::default());
        let shutdown = Shutdown::new();
        let service =
            SessionService::start(database, runtime.clone(), rules, Layout::new(directory.path()), shutdown.clone())
                .await
                .unwrap();
        let address =
            listen(Sockets { sessions: service.clone(), live: Live::default(), shutdown: shutdown.clone() }).await;
        Self { runtime, service, shutdown, address, _directory: directory }
    }

    async fn running(&self, guest: Guest) -> SessionId {
        let id = self.created().await;
        self.service.start(&me(), &id, StartSession::default()).await.unwrap();
        let mut events = self.service.events(&me());
        let ready = async {
            while self.service.get(&me(), &id).await.unwrap().state != SessionState::Running {
                events.next().await.expect("events");
            }
        };
        tokio::time::timeout(LIMIT, ready).await.expect("never ran");
        self.runtime.set_guest(guest);
        id
    }

    async fn created(&self) -> SessionId {
        self.service.create(&me(), CreateSession::default()).await.unwrap().id
    }

    /// A socket to `path` as `user`; `foreign` stands for a refused Origin.
    async fn connect(&self, path: &str, user: &str, foreign: bool) -> WebSocketStream<TcpStream> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request().unwrap();
        request.headers_mut().insert("x-user", user.parse().unwrap());
        if foreign {
            request.headers_mut().insert("x-foreign", "1".parse().unwrap());
        }
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (socket, _) = tokio::time::timeout(LIMIT, client_async(request, stream)).await.unwrap().unwrap();
        socket
    }

    /// The code that a socket to `path` is closed with.
    async fn code(&self, path: &str, user: &str, foreign: bool) -> u16 {
        closed_with(&mut self.connect(path, user, foreign).await).await
    }
}

async fn closed_with(socket: &mut WebSocketStream<TcpStream>) -> u16 {
    let wait = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return u16::from(frame.code),
                Some(Ok(_)) => {}
                other => panic!("not a close with a code: {other:?}"),
            }
        }
    };
    tokio::time::timeout(LIMIT, wait).await.expect("never closed")
}

/// The handler behind a bare HTTP server that trusts two headers of the test's.
async fn listen(sockets: Sockets) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let sockets = sockets.clone();
            let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                let sockets = sockets.clone();
                async move {
                    let header = |name: &str| request.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
                    let caller = header("x-user").filter(|user| !user.is_empty()).map(|user| Caller {
                        credential: TokenHash::of(&user),
                        actor: Actor::person(user),
                        expires_at: None,
                    });
                    let allowed = header("x-foreign").is_none();
                    let address = request.uri().path().split('/').nth(3).unwrap_or_default().to_owned();
                    let answer = upgrade(&sockets, &address, caller, allowed, request.map(Body::new)).await;
                    let refused = |_| Response::builder().status(StatusCode::BAD_REQUEST).body(Body::empty()).unwrap();
                    Ok::<_, std::convert::Infallible>(answer.unwrap_or_else(refused))
                }
            });
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection.with_upgrades());
        }
    });
    address
}

fn me() -> Actor {
    Actor::person("admin")
}

fn at(id: &SessionId, terminal: &str) -> String {
    format!("/api/terminal/{id}-{terminal}/ws?cols=80&rows=24")
}

/// Sends every message back.
fn echo() -> Guest {
    Arc::new(|_, stream: DuplexStream| {
        tokio::spawn(async move {
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            while let Some(Ok(message)) = socket.next().await {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        });
    })
}

/// Sends binary frames of 10,000 bytes without end.
fn flood() -> Guest {
    Arc::new(|_, stream: DuplexStream| {
        tokio::spawn(async move {
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            while socket.send(Message::binary(vec![7; 10_000])).await.is_ok() {}
        });
    })
}

#[tokio::test]
async fn every_refusal_has_its_code() {
    let rig = Rig::new().await;
    let id = rig.running(echo()).await;
    assert_eq!(rig.code(&at(&id, "1"), "", false).await, close::NOT_SIGNED_IN);
    assert_eq!(rig.code(&at(&id, "1"), "admin", true).await, close::FORBIDDEN);
    for terminal in ["0", "7", "", "01", "%31", "1x"] {
        assert_eq!(rig.code(&at(&id, terminal), "admin", false).await, close::NOT_FOUND, "terminal {terminal:?}");
    }
    for terminal in ["1", "7"] {
        assert_eq!(rig.code(&at(&id, terminal), "eve", false).await, close::FORBIDDEN, "another person's");
        assert_eq!(
            rig.code(&at(&"zzzzzzzzzzzz".parse().unwrap(), terminal), "eve", false).await,
            close::FORBIDDEN,
            "nobody's"
        );
    }
    assert_eq!(rig.code("/api/terminal/nonsense/ws", "admin", false).await, close::FORBIDDEN);
    assert_eq!(rig.code("/api/terminal/..%2f..-1/ws", "admin", false).await, close::FORBIDDEN);
}

#[tokio::test]
async fn a_session_that_does_not_run_says_whether_to_come_back() {
    let rig = Rig::new().await;
    let id = rig.created().await;
    assert_eq!(rig.code(&at(&id, "1"), "admin", false).await, close::STOPPED);
    rig.runtime.hold(Call::Start);
    rig.service.start(&me(), &id, StartSession::default()).await.unwrap();
    assert_eq!(rig.code(&at(&id, "1"), "admin", false).await, close::TRY_AGAIN);
    rig.service.stop(&me(), &id).await.unwrap();
    assert_eq!(rig.code(&at(&id, "1"), "admin", false).await, close::STOPPED);
    rig.runtime.release(Call::Start);
}

#[tokio::test]
async fn who_opens_too_many_in_a_minute_is_told_to_come_back_and_others_are_not() {
    let rig = Rig::with(2).await;
    let stopped = rig.created().await;
    // What opens nothing uses nothing up.
    for _ in 0..3 {
        assert_eq!(rig.code(&at(&stopped, "1"), "admin", false).await, close::STOPPED);
    }
    let id = rig.running(echo()).await;
    for _ in 0..2 {
        rig.connect(&at(&id, "1"), "admin", false).await.close(None).await.unwrap();
    }
    // Nobody uses up another's allowance.
    for _ in 0..3 {
        assert_eq!(rig.code(&at(&id, "1"), "eve", false).await, close::FORBIDDEN);
    }
    assert_eq!(rig.code(&at(&id, "1"), "admin", false).await, close::TRY_AGAIN);
}

#[tokio::test]
async fn frames_pass_both_ways_as_they_are() {
    let rig = Rig::new().await;
    let id = rig.running(echo()).await;
    let mut socket = rig.connect(&at(&id, "1"), "admin", false).await;
    let every_byte: Vec<u8> = (0..=255).cycle().take(60_000).collect();
    let messages = [
        Message::binary(every_byte),
        Message::text(r#"{"type":"exit","code":0}"#),
        Message::binary(br#"{"type":"exit","code":0}"#.to_vec()),
        Message::binary(Vec::new()),
    ];
    for message in messages {
        socket.send(message.clone()).await.unwrap();
        let back = tokio::time::timeout(LIMIT, socket.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(back, message);
    }
    socket.close(None).await.unwrap();
}

#[tokio::test]
async fn a_guest_that_hangs_up_is_told_by_the_state_of_its_session() {
    for (exit, expected) in [(None, close::FAULT), (Some(Exit::OutOfMemory), close::STOPPED)] {
        let rig = Rig::new().await;
        let (hang_up, gone) = tokio::sync::watch::channel(false);
        let guest: Guest = Arc::new(move |_, stream: DuplexStream| {
            let mut gone = gone.clone();
            tokio::spawn(async move {
                let socket = tokio_tungstenite::accept_async(stream).await.unwrap();
                gone.wait_for(|gone| *gone).await.unwrap();
                // Without a close frame, as when it was killed.
                drop(socket);
            });
        });
        let id = rig.running(guest).await;
        let mut socket = rig.connect(&at(&id, "1"), "admin", false).await;
        if let Some(exit) = exit {
            let mut events = rig.service.events(&me());
            rig.runtime.end(&rig.runtime.containers()[0].id, exit);
            while rig.service.get(&me(), &id).await.unwrap().state == SessionState::Running {
                events.next().await.expect("events");
            }
        }
        hang_up.send(true).unwrap();
        assert_eq!(closed_with(&mut socket).await, expected);
    }
}

#[tokio::test]
async fn a_guest_that_does_not_answer_its_handshake_is_told_within_a_limit() {
    let rig = Rig::new().await;
    let silent: Guest = Arc::new(|_, mut stream: DuplexStream| {
        tokio::spawn(async move {
            let mut ignored = [0; 4096];
            while stream.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
        });
    });
    let id = rig.running(silent).await;
    assert_eq!(rig.code(&at(&id, "1"), "admin", false).await, close::FAULT);
}

#[tokio::test]
async fn a_server_that_goes_away_says_so_between_two_frames_of_a_flood() {
    let rig = Rig::new().await;
    let id = rig.running(flood()).await;
    let mut socket = rig.connect(&at(&id, "1"), "admin", false).await;
    for _ in 0..50 {
        let frame = tokio::time::timeout(LIMIT, socket.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(frame.len(), 10_000);
    }
    rig.shutdown.begin();
    assert_eq!(closed_with(&mut socket).await, close::TRY_AGAIN);
    drop(socket);
    assert!(rig.shutdown.finished(LIMIT).await);
}

#[tokio::test]
async fn a_browser_that_goes_is_told_to_the_guest() {
    let rig = Rig::new().await;
    let (told, mut ended) = tokio::sync::watch::channel(false);
    let guest: Guest = Arc::new(move |_, stream: DuplexStream| {
        let told = told.clone();
        tokio::spawn(async move {
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            while let Some(Ok(_)) = socket.next().await {}
            told.send_replace(true);
        });
    });
    let id = rig.running(guest).await;
    drop(rig.connect(&at(&id, "1"), "admin", false).await);
    tokio::time::timeout(LIMIT, ended.wait_for(|ended| *ended)).await.expect("the guest was not told").unwrap();
}

#[tokio::test]
async fn what_is_no_handshake_is_no_socket() {
    let rig = Rig::new().await;
    let id = rig.running(echo()).await;
    for headers in [
        "",
        "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 12\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: short\r\n",
        "connection: upgrade\r\nupgrade: h2c\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    ] {
        use tokio::io::AsyncWriteExt;
        let mut stream = TcpStream::connect(rig.address).await.unwrap();
        let request = format!("GET {} HTTP/1.1\r\nhost: x\r\nx-user: admin\r\n{headers}\r\n", at(&id, "1"));
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(std::str::from_utf8(&answer).unwrap(), "HTTP/1.1 400", "{headers}");
    }
}
