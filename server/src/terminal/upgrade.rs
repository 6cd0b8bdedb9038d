//! Who may open a terminal's socket, and the handshake with both sides.

use std::sync::Arc;
use std::time::Duration;

use app::backend::Actor;
use app::model::error::ErrorCode;
use app::model::session::SessionState;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use protocol::{SessionId, TerminalId, close as code};
use runtime::ByteStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::auth::{Caller, Connection, Live};
use crate::sessions::SessionService;
use crate::sessions::guest::GuestError;
use crate::shutdown::Shutdown;
use crate::terminal::close::{CLOSE_LIMIT, Close, send_and_drain};
use crate::terminal::tunnel::{End, Tunnel};

/// From the answer to the stream: the answer has only to be written.
const UPGRADE_LIMIT: Duration = Duration::from_secs(10);

/// What a socket needs of the server.
#[derive(Clone)]
pub struct Sockets {
    /// Where sessions are looked up.
    pub sessions: Arc<SessionService>,
    /// Which sockets must end with the cookie or token that opened them.
    pub live: Live,
    /// When it fires, every socket is told to come back later.
    pub shutdown: Shutdown,
}

/// Why a socket is refused. The upgrade is made all the same, since a browser shows a page only the
/// code of a close and never the status of a failed handshake.
const NOT_SIGNED_IN: Close = Close { code: code::NOT_SIGNED_IN, reason: "sign in first" };
const MAY_NOT: Close = Close { code: code::FORBIDDEN, reason: "foreign origin or a token without the scope" };
const NOT_YOURS: Close = Close { code: code::FORBIDDEN, reason: "no session of yours" };
const NO_TERMINAL: Close = Close { code: code::NOT_FOUND, reason: "there are terminals 1 to 6" };
const BAD_REQUEST: Close = Close { code: code::BAD_REQUEST, reason: "the address' query is malformed" };
const UNREADABLE: Close = Close { code: code::FAULT, reason: "the session could not be read" };
const STARTING: Close = Close { code: code::TRY_AGAIN, reason: "the session is starting" };
const STOPPED: Close = Close { code: code::STOPPED, reason: "the session is stopped" };
const TOO_MANY: Close = Close { code: code::TRY_AGAIN, reason: "too many terminals were opened in a minute" };
const GOING_AWAY: Close = Close { code: code::TRY_AGAIN, reason: "the server is restarting" };
const NO_ANSWER: Close = Close { code: code::FAULT, reason: "the session's guest does not answer" };
const FAULT: Close = Close { code: code::FAULT, reason: "the session's guest can't be reached" };
const GUEST_GONE: Close = Close { code: code::FAULT, reason: "the session's guest is gone" };

/// The request asked for no WebSocket: to be answered with 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotASocket;

/// Answers `GET /api/terminal/{address}/ws`, `address` being `{session}-{terminal}`. `caller` is whoever is
/// signed in, `may_open` whether the Origin and the token's scopes let them open sockets. Every refusal but
/// [`NotASocket`] is a close code on an opened socket.
///
/// # Errors
/// [`NotASocket`] without a WebSocket handshake of version 13.
pub async fn upgrade(
    sockets: &Sockets,
    address: &str,
    caller: Option<Caller>,
    may_open: bool,
    mut request: Request<Body>,
) -> Result<Response, NotASocket> {
    let key = websocket_key(request.headers()).ok_or(NotASocket)?.to_owned();
    let browser = request.extensions_mut().remove::<OnUpgrade>().ok_or(NotASocket)?;
    let query = request.uri().query();
    // From before the session is looked up, so that a cookie that ends meanwhile ends this too.
    let connection = caller.as_ref().map(|caller| sockets.live.open(&caller.credential));
    let actor = caller.map(|caller| caller.actor);
    let accept = match open(sockets, address, query, actor, may_open, &key).await {
        Ok((accept, guest, session)) => {
            sockets.shutdown.spawn(run(sockets.clone(), session, connection, browser, guest));
            accept
        }
        Err(close) => {
            sockets.shutdown.spawn(refuse(browser, close));
            let accept = derive_accept_key(key.as_bytes());
            HeaderValue::from_str(&accept).map_err(|_| NotASocket)?
        }
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    response.headers_mut().insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

/// The key of a well-formed handshake (RFC 6455 §4.2.1): 16 bytes in base64.
fn websocket_key(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let lists = |name, token: &str| {
        text(name).is_some_and(|list| list.split(',').any(|item| item.trim().eq_ignore_ascii_case(token)))
    };
    let key = text(header::SEC_WEBSOCKET_KEY)?;
    let is_key =
        key.len() == 24 && key.ends_with("==") && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
    let is_handshake = lists(header::CONNECTION, "upgrade")
        && lists(header::UPGRADE, "websocket")
        && text(header::SEC_WEBSOCKET_VERSION) == Some("13");
    (is_key && is_handshake).then_some(key)
}

/// Decides, and shakes hands with the guest.
async fn open(
    sockets: &Sockets,
    address: &str,
    query: Option<&str>,
    actor: Option<Actor>,
    may_open: bool,
    key: &str,
) -> Result<(HeaderValue, OnUpgrade, SessionId), Close> {
    let actor = actor.ok_or(NOT_SIGNED_IN)?;
    if !may_open {
        return Err(MAY_NOT);
    }
    if sockets.shutdown.is_begun() {
        return Err(GOING_AWAY);
    }
    let (session, terminal) = address.rsplit_once('-').ok_or(NOT_YOURS)?;
    let session: SessionId = session.parse().map_err(|_| NOT_YOURS)?;
    let row = sockets.sessions.owned(&actor, &session).await.map_err(|error| match error.code {
        ErrorCode::NotFound => NOT_YOURS,
        _ => UNREADABLE,
    })?;
    let terminal: TerminalId = terminal.parse().map_err(|_| NO_TERMINAL)?;
    let guest = sockets.sessions.guest(&row).map_err(|_| when_not_running(&row.state))?;
    // Counted once it is known whose it is and that it runs: nobody uses up another's allowance, or their own on nothing.
    sockets.sessions.count_socket(&actor.user).map_err(|_| TOO_MANY)?;
    let mut response = guest.upgrade(terminal, query, key).await.map_err(|error| match error {
        // The container ended, and its owner has not heard of it yet.
        GuestError::Connect(runtime::RuntimeError::NotRunning(_) | runtime::RuntimeError::NotFound(_)) => GUEST_GONE,
        GuestError::Timeout => {
            tracing::error!(session = %session, "a guest did not answer a terminal's handshake");
            NO_ANSWER
        }
        error => {
            tracing::error!(session = %session, %error, "a terminal's socket could not be opened");
            FAULT
        }
    })?;
    let accept = response.headers().get(header::SEC_WEBSOCKET_ACCEPT).cloned();
    match (response.status(), accept) {
        (StatusCode::SWITCHING_PROTOCOLS, Some(accept)) => Ok((accept, hyper::upgrade::on(&mut response), session)),
        (StatusCode::BAD_REQUEST, _) => Err(BAD_REQUEST),
        (status, _) => {
            tracing::error!(session = %session, %status, "a guest refused a terminal's socket");
            Err(FAULT)
        }
    }
}

/// What a session that doesn't run has to say.
fn when_not_running(state: &SessionState) -> Close {
    match state {
        SessionState::Starting { .. } | SessionState::Running => STARTING,
        SessionState::Created
        | SessionState::Stopping
        | SessionState::Stopped
        | SessionState::Failed { .. }
        | SessionState::Deleting => STOPPED,
    }
}

/// Closes a refused socket as soon as it is one.
async fn refuse(browser: OnUpgrade, close: Close) {
    if let Some((mut stream, _)) = upgraded(browser).await {
        send_and_drain(&mut *stream, Some(close)).await;
    }
}

/// Runs an open terminal to its end.
async fn run(
    sockets: Sockets,
    session: SessionId,
    connection: Option<Connection>,
    browser: OnUpgrade,
    guest: OnUpgrade,
) {
    let Some((guest, from_guest)) = upgraded(guest).await else { return };
    let Some((browser, from_browser)) = upgraded(browser).await else { return };
    let _open = sockets.sessions.metrics().socket_opened();
    let traffic = sockets.sessions.metrics().traffic();
    let mut tunnel = Tunnel::new(browser, &from_browser, guest, &from_guest).counted(traffic);
    let end = tokio::select! {
        end = tunnel.copy() => Ok(end),
        () = sockets.shutdown.begun() => Err(GOING_AWAY),
        () = ended(connection.as_ref()) => Err(NOT_SIGNED_IN),
    };
    let close = match end {
        // Nobody is left to be told; the guest sees its socket end.
        Ok(End::Browser) => return,
        Ok(End::Guest) if tunnel.may_close() => Some(match sockets.sessions.state(&session).await {
            Some(SessionState::Running) => GUEST_GONE,
            Some(state) => when_not_running(&state),
            None => NOT_YOURS,
        }),
        Ok(End::Guest) => None,
        Err(why) => {
            let finished = tokio::time::timeout(CLOSE_LIMIT, tunnel.finish_frame()).await;
            (matches!(finished, Ok(Ok(()))) && tunnel.may_close()).then_some(why)
        }
    };
    send_and_drain(&mut *tunnel.browser, close).await;
}

/// Completes when what opened the connection is good no more.
async fn ended(connection: Option<&Connection>) {
    match connection {
        Some(connection) => connection.ended().await,
        None => std::future::pending().await,
    }
}

/// The raw stream of an upgraded connection, without HTTP's buffers around it, and what was read from it
/// too far. None when the peer went before the upgrade was complete.
async fn upgraded(on: OnUpgrade) -> Option<(Box<dyn ByteStream>, Bytes)> {
    let upgraded = match tokio::time::timeout(UPGRADE_LIMIT, on).await {
        Ok(Ok(upgraded)) => upgraded,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a terminal's socket went during its handshake");
            return None;
        }
        Err(_) => {
            tracing::debug!("a terminal's socket did not complete its handshake");
            return None;
        }
    };
    let upgraded = match crate::http::raw_stream(upgraded) {
        Ok(raw) => return Some(raw),
        Err(upgraded) => upgraded,
    };
    match upgraded.downcast::<TokioIo<Box<dyn ByteStream>>>() {
        Ok(parts) => Some((parts.io.into_inner(), parts.read_buf)),
        Err(upgraded) => Some((Box::new(TokioIo::new(upgraded)), Bytes::new())),
    }
}
