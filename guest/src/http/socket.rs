//! `GET /terminals/{n}/ws`: the handshake, and handing the socket to the terminal's thread.

use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue, UPGRADE};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use protocol::frame::Size;
use protocol::guest::OpenTerminal;
use protocol::{TerminalId, close};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::spawn_local;
use tokio::time::timeout;

use super::respond::{Answer, Refusal, empty, problem};
use crate::Guest;
use crate::terminals::is_time_zone;
use crate::terminals::mailbox::{Attach, Letter, Mailbox};
use crate::websocket;

/// How long a handshake may take to be through, and a refused client to leave.
const LIMIT: Duration = Duration::from_secs(2);
/// The longest epoch a client may present, bytes; ours are 16.
const MAX_EPOCH: usize = 64;

/// What a client asks for in its query.
#[derive(Debug, Default, PartialEq, Eq)]
struct Query {
    size: Option<Size>,
    since: Option<(u64, String)>,
    time_zone: Option<String>,
}

/// Answers the handshake, and hands the socket over or closes it with the code that says why not.
pub fn upgrade(guest: &Rc<Guest>, mut request: Request<Incoming>, id: Option<TerminalId>) -> Result<Answer, Refusal> {
    let key = key_of(request.headers()).ok_or_else(|| problem(StatusCode::BAD_REQUEST, "not a WebSocket handshake"))?;
    let mut answer = empty(StatusCode::SWITCHING_PROTOCOLS);
    let accept = HeaderValue::from_str(&websocket::accept_key(key.as_bytes()))
        .map_err(|error| problem(StatusCode::INTERNAL_SERVER_ERROR, error))?;
    answer.headers_mut().insert(HeaderName::from_static("sec-websocket-accept"), accept);
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    answer.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    let target = open(guest, &request, id);
    let upgrade = hyper::upgrade::on(&mut request);
    spawn_local(async move {
        if let Err(error) = hand_over(upgrade, target).await {
            eprintln!("berth-guest: a client was lost in its handshake: {error}");
        }
    });
    Ok(answer)
}

/// The terminal that the client wants, opened before the handshake ends; or the close code.
fn open(guest: &Guest, request: &Request<Incoming>, id: Option<TerminalId>) -> Result<(Mailbox, Query), u16> {
    let id = id.ok_or(close::NOT_FOUND)?;
    let query = parse(request.uri().query().unwrap_or_default()).ok_or(close::BAD_REQUEST)?;
    if guest.stopping.get() {
        return Err(close::STOPPED);
    }
    let wanted = OpenTerminal { command: None, size: query.size, time_zone: query.time_zone.clone() };
    match guest.terminals.open(&guest.config, id, wanted) {
        Ok(mailbox) => Ok((mailbox, query)),
        Err(error) => {
            eprintln!("berth-guest: terminal {id} did not open: {error}");
            Err(close::FAULT)
        }
    }
}

async fn hand_over(upgrade: OnUpgrade, target: Result<(Mailbox, Query), u16>) -> anyhow::Result<()> {
    let upgraded = timeout(LIMIT, upgrade).await??;
    let (mailbox, query) = match target {
        Ok(target) => target,
        Err(code) => return refuse(upgraded, code).await,
    };
    let (socket, early) = into_socket(upgraded)?;
    // When the terminal takes no more, the socket closes without a word, and the client tries again.
    Ok(mailbox.send(Letter::Attach(Box::new(Attach { socket, early, size: query.size, since: query.since })))?)
}

/// The socket itself, and what was read from it beyond the handshake.
fn into_socket(upgraded: Upgraded) -> anyhow::Result<(OwnedFd, Vec<u8>)> {
    match upgraded.downcast::<TokioIo<UnixStream>>() {
        Ok(parts) => Ok((parts.io.into_inner().into_std()?.into(), parts.read_buf.into())),
        Err(upgraded) => match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => Ok((parts.io.into_inner().into_std()?.into(), parts.read_buf.into())),
            Err(_) => anyhow::bail!("neither a Unix nor a TCP socket"),
        },
    }
}

/// Closes with `code`, and gives the client a moment to read it.
async fn refuse(upgraded: Upgraded, code: u16) -> anyhow::Result<()> {
    let mut socket = TokioIo::new(upgraded);
    let mut frame = Vec::new();
    websocket::close(&mut frame, code);
    socket.write_all(&frame).await?;
    let mut rest = [0; 1024];
    // Until it leaves or the limit is over: either is fine.
    let _ = timeout(LIMIT, async { while socket.read(&mut rest).await.is_ok_and(|count| count > 0) {} }).await;
    Ok(())
}

fn key_of(headers: &HeaderMap) -> Option<HeaderValue> {
    let says = |name: HeaderName, word: &str| {
        let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    let version = HeaderName::from_static("sec-websocket-version");
    let is_one = says(UPGRADE, "websocket") && says(CONNECTION, "upgrade") && says(version, "13");
    headers.get("sec-websocket-key").filter(|_| is_one).cloned()
}

/// None when malformed. What it doesn't know it skips, so that the server may pass on all of a
/// browser's query; `manual` is the server's own affair.
fn parse(query: &str) -> Option<Query> {
    let (mut cols, mut rows, mut since, mut epoch) = (None, None, None, None);
    let mut parsed = Query::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "cols" => cols = Some(value.parse().ok()?),
            "rows" => rows = Some(value.parse().ok()?),
            "since" => since = Some(value.parse().ok()?),
            "epoch" if value.len() <= MAX_EPOCH => epoch = Some(value.to_owned()),
            "epoch" => return None,
            "tz" => {
                let zone = value.replace("%2F", "/").replace("%2f", "/").replace("%2B", "+");
                parsed.time_zone = Some(zone).filter(|zone| is_time_zone(zone));
            }
            _ => {}
        }
    }
    parsed.size = match (cols, rows) {
        (None, None) => None,
        (Some(cols), Some(rows)) => Some(Size { cols, rows }).filter(|size| size.is_valid()).map(Some)?,
        _ => return None,
    };
    parsed.since = since.zip(epoch);
    Some(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_understood_or_refused() {
        let full = parse("cols=80&rows=24&since=7&epoch=ab&tz=Europe%2FBerlin&manual=1&new=thing");
        let full = full.expect("a valid query");
        assert_eq!(full.size, Some(Size::DEFAULT));
        assert_eq!(full.since, Some((7, "ab".to_owned())));
        assert_eq!(full.time_zone.as_deref(), Some("Europe/Berlin"));
        assert_eq!(parse(""), Some(Query::default()));
        assert_eq!(parse("since=7").expect("valid").since, None);
        for wrong in ["cols=80", "cols=1&rows=24", "cols=80&rows=65535", "cols=x&rows=2", "since=-1", "cols=0&rows=0"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
