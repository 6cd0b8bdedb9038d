//! The routes of [`protocol::guest`], but for the socket.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use protocol::TerminalId;
use protocol::guest::{
    Activity, FindPrograms, FoundPrograms, Health, OpenTerminal, Shutdown, Terminal, TerminalActivity,
};
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use tokio::task::spawn_local;
use tokio::time::timeout;

use super::respond::{Answer, Refusal, bytes, empty, json, problem};
use super::{callback, socket, upload};
use crate::Guest;
use crate::activity::{self, Processes};
use crate::init::close_terminal;
use crate::terminals::is_time_zone;
use crate::terminals::mailbox::{Letter, Mailbox};

/// The longest body of any request, bytes.
const MAX_BODY: usize = 64 * 1024;
/// How long a client may take to send a body.
const BODY_LIMIT: Duration = Duration::from_secs(10);
/// How long a terminal's thread may take to answer; a turn of its loop takes about a millisecond.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// Programs that one request may name.
const MAX_NAMES: usize = 64;
/// The longest grace of a shutdown.
const MAX_GRACE: Duration = Duration::from_secs(600);

/// Passes a request, whose token was right, to its route.
pub async fn route(guest: Rc<Guest>, request: Request<Incoming>) -> Answer {
    let path = request.uri().path().to_owned();
    let parts: Vec<_> = path.trim_start_matches('/').split('/').collect();
    let result = match parts[..] {
        ["health"] => only(&Method::GET, &request).map(|()| health(&guest)),
        ["terminals"] => match only(&Method::GET, &request) {
            Ok(()) => list(&guest).await,
            Err(refusal) => Err(refusal),
        },
        ["activity"] => match only(&Method::GET, &request) {
            Ok(()) => goes_on(&guest).await,
            Err(refusal) => Err(refusal),
        },
        ["programs"] => match only(&Method::POST, &request) {
            Ok(()) => find_programs(&guest, request).await,
            Err(refusal) => Err(refusal),
        },
        ["uploads"] => match only(&Method::POST, &request) {
            Ok(()) => upload::receive(&guest, request).await,
            Err(refusal) => Err(refusal),
        },
        ["callback"] => match only(&Method::POST, &request) {
            Ok(()) => callback::call(&guest, request).await,
            Err(refusal) => Err(refusal),
        },
        ["shutdown"] => match only(&Method::POST, &request) {
            Ok(()) => shut_down(&guest, request).await,
            Err(refusal) => Err(refusal),
        },
        // A socket's refusal is a close code, which a browser can read, where a status it can't.
        ["terminals", number, "ws"] => match only(&Method::GET, &request) {
            Ok(()) => socket::upgrade(&guest, request, number.parse().ok()),
            Err(refusal) => Err(refusal),
        },
        ["terminals", number, ref rest @ ..] => match number.parse() {
            Ok(id) => terminal(guest, request, id, rest).await,
            Err(_) => Err(not_found()),
        },
        _ => Err(not_found()),
    };
    result.unwrap_or_else(Refusal::answer)
}

async fn terminal(
    guest: Rc<Guest>,
    request: Request<Incoming>,
    id: TerminalId,
    rest: &[&str],
) -> Result<Answer, Refusal> {
    let guest = &guest;
    match (rest, request.method()) {
        ([], &Method::PUT) => open(guest, request, id).await,
        ([], &Method::DELETE) => {
            let leader = guest.terminals.leader(id).ok_or_else(not_found)?;
            // On its own: whoever asked may hang up between SIGHUP and SIGKILL.
            let closing = Rc::clone(guest);
            let closed = spawn_local(async move { close_terminal(&closing, leader).await });
            let failed = |error: &dyn ToString| problem(StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
            closed.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
            Ok(empty(StatusCode::NO_CONTENT))
        }
        (["scrollback"], &Method::GET) => scrollback(guest, &request, id).await,
        (["input"], &Method::POST) => {
            let mailbox = find(guest, id)?;
            let input = read(request).await?;
            let (reply, answer) = oneshot::channel();
            if ask(&mailbox, Letter::Input { bytes: input.into(), reply }, answer).await? {
                return Ok(empty(StatusCode::NO_CONTENT));
            }
            Err(problem(StatusCode::CONFLICT, "the program does not read what is typed"))
        }
        ([] | ["scrollback"] | ["input"], _) => Err(wrong_method()),
        _ => Err(not_found()),
    }
}

fn health(guest: &Guest) -> Answer {
    let open = guest.terminals.list().len();
    json(
        StatusCode::OK,
        &Health {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            terminals: u8::try_from(open).unwrap_or(u8::MAX),
            idle_seconds: guest.terminals.activity.idle_seconds(),
        },
    )
}

async fn list(guest: &Guest) -> Result<Answer, Refusal> {
    let mut all = Vec::new();
    for (id, _) in guest.terminals.list() {
        // One that ended a moment ago is not listed.
        if let Some(mailbox) = guest.terminals.find(id) {
            all.push(describe(&mailbox).await?);
        }
    }
    Ok(json(StatusCode::OK, &all))
}

async fn goes_on(guest: &Guest) -> Result<Answer, Refusal> {
    let processes = Processes::look();
    let mut terminals = Vec::new();
    for (id, leader) in guest.terminals.list() {
        // One that ended a moment ago is not listed.
        if let Some(mailbox) = guest.terminals.find(id) {
            terminals
                .push(TerminalActivity { terminal: describe(&mailbox).await?, program: processes.foreground(leader) });
        }
    }
    let idle_seconds = guest.terminals.activity.idle_seconds();
    Ok(json(StatusCode::OK, &Activity { idle_seconds, terminals }))
}

async fn find_programs(guest: &Guest, request: Request<Incoming>) -> Result<Answer, Refusal> {
    let FindPrograms { names } = read_json(request).await?;
    if names.len() > MAX_NAMES {
        return Err(problem(StatusCode::BAD_REQUEST, "at most 64 names"));
    }
    Ok(json(StatusCode::OK, &FoundPrograms { found: activity::find_programs(&guest.config, &names) }))
}

async fn open(guest: &Guest, request: Request<Incoming>, id: TerminalId) -> Result<Answer, Refusal> {
    let wanted: OpenTerminal = read_json(request).await?;
    if wanted.size.is_some_and(|size| !size.is_valid()) {
        return Err(problem(StatusCode::BAD_REQUEST, "a size is 2 to 1000 each way"));
    }
    if wanted.time_zone.as_deref().is_some_and(|zone| !is_time_zone(zone)) {
        return Err(problem(StatusCode::BAD_REQUEST, "no such form of a time zone"));
    }
    if guest.stopping.get() {
        return Err(problem(StatusCode::SERVICE_UNAVAILABLE, "the session stops"));
    }
    let mailbox = guest.terminals.open(&guest.config, id, wanted).map_err(|error| {
        eprintln!("berth-guest: terminal {id} did not open: {error}");
        problem(StatusCode::INTERNAL_SERVER_ERROR, error)
    })?;
    Ok(json(StatusCode::OK, &describe(&mailbox).await?))
}

async fn scrollback(guest: &Guest, request: &Request<Incoming>, id: TerminalId) -> Result<Answer, Refusal> {
    let mailbox = find(guest, id)?;
    let ansi = match request.uri().query() {
        None | Some("format=text") => false,
        Some("format=ansi") => true,
        Some(_) => return Err(problem(StatusCode::BAD_REQUEST, "format is text or ansi")),
    };
    let (reply, answer) = oneshot::channel();
    let contents = ask(&mailbox, Letter::Contents { ansi, reply }, answer).await?;
    Ok(bytes(StatusCode::OK, "text/plain; charset=utf-8", contents))
}

async fn shut_down(guest: &Guest, request: Request<Incoming>) -> Result<Answer, Refusal> {
    let Shutdown { grace_ms } = read_json(request).await?;
    // Full when one was asked for already, which is the one that counts.
    let _ = guest.shutdown.try_send(Duration::from_millis(grace_ms).min(MAX_GRACE));
    Ok(empty(StatusCode::ACCEPTED))
}

async fn describe(mailbox: &Mailbox) -> Result<Terminal, Refusal> {
    let (reply, answer) = oneshot::channel();
    ask(mailbox, Letter::Describe(reply), answer).await
}

async fn ask<T>(mailbox: &Mailbox, letter: Letter, answer: oneshot::Receiver<T>) -> Result<T, Refusal> {
    mailbox.send(letter).map_err(busy)?;
    match timeout(ANSWER_LIMIT, answer).await {
        Ok(Ok(value)) => Ok(value),
        // It ended with the question in its mailbox.
        Ok(Err(_)) => Err(not_found()),
        Err(_) => Err(busy("the terminal does not answer")),
    }
}

fn find(guest: &Guest, id: TerminalId) -> Result<Mailbox, Refusal> {
    guest.terminals.find(id).ok_or_else(not_found)
}

async fn read(request: Request<Incoming>) -> Result<Bytes, Refusal> {
    match timeout(BODY_LIMIT, Limited::new(request.into_body(), MAX_BODY).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err(problem(StatusCode::PAYLOAD_TOO_LARGE, "a body is at most 64 KiB"))
        }
        Ok(Err(error)) => Err(problem(StatusCode::BAD_REQUEST, error)),
        Err(_) => Err(problem(StatusCode::REQUEST_TIMEOUT, "the body did not arrive")),
    }
}

pub(super) async fn read_json<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Refusal> {
    let body = read(request).await?;
    let body = if body.is_empty() { &b"{}"[..] } else { &body };
    serde_json::from_slice(body).map_err(|error| problem(StatusCode::BAD_REQUEST, error))
}

fn only(method: &Method, request: &Request<Incoming>) -> Result<(), Refusal> {
    if request.method() == method { Ok(()) } else { Err(wrong_method()) }
}

fn not_found() -> Refusal {
    problem(StatusCode::NOT_FOUND, "there is no such terminal or path")
}

fn wrong_method() -> Refusal {
    problem(StatusCode::METHOD_NOT_ALLOWED, "not with this method")
}

fn busy(error: impl ToString) -> Refusal {
    problem(StatusCode::SERVICE_UNAVAILABLE, error)
}
