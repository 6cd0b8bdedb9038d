//! `POST /callback`: gives a program its sign-in's last address, as a browser on its own machine would.

use std::io;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use protocol::guest::{Callback, CalledBack, Listen};
use protocol::loopback::LoopbackAddress;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::respond::{Answer, Refusal, json, problem};
use super::routes::read_json;
use crate::Guest;

/// From connecting to the answer's status. A program may exchange its code for a token first.
const LIMIT: Duration = Duration::from_secs(10);
/// How long the rest of the answer is listened to, so that the program can finish writing it.
const REST_LIMIT: Duration = Duration::from_secs(1);
/// The most that is read of an answer, bytes. None of it is kept.
const MAX_READ: usize = 64 * 1024;
/// The longest a first line may be, bytes.
const MAX_LINE: usize = 1024;

/// One GET, to loopback only; a redirect is not followed. The address is told to nobody else.
pub async fn call(guest: &Guest, request: Request<Incoming>) -> Result<Answer, Refusal> {
    // Not the parser's own words: they may repeat the address.
    let Ok(Callback { url }) = read_json(request).await else {
        return Err(problem(StatusCode::BAD_REQUEST, "the body is not a callback"));
    };
    let address: LoopbackAddress = url.parse().map_err(|error| problem(StatusCode::BAD_REQUEST, format!("{error}")))?;
    if matches!(&guest.config.listen, Listen::Tcp(own) if own.port() == address.port()) {
        return Err(problem(StatusCode::BAD_REQUEST, "this port is the guest's own"));
    }
    match timeout(LIMIT, exchange(&address)).await {
        Ok(Ok((status, stream, read))) => {
            // Whatever is left of the answer, or of the time for it, does not matter.
            let _ = timeout(REST_LIMIT, drain(stream, read)).await;
            Ok(json(StatusCode::OK, &CalledBack { status }))
        }
        Ok(Err(error)) => Err(problem(StatusCode::BAD_GATEWAY, error)),
        Err(_) => Err(problem(StatusCode::GATEWAY_TIMEOUT, "the program did not answer")),
    }
}

async fn exchange(address: &LoopbackAddress) -> io::Result<(u16, TcpStream, usize)> {
    let mut stream = TcpStream::connect(&address.sockets()[..]).await?;
    let (target, host) = (address.target(), address.authority());
    let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(MAX_LINE);
    while !answer.contains(&b'\n') && answer.len() < MAX_LINE {
        if stream.read_buf(&mut answer).await? == 0 {
            break;
        }
    }
    let status = status(&answer).ok_or_else(|| io::Error::other("the program's answer is no HTTP"))?;
    Ok((status, stream, answer.len()))
}

/// The status in an answer's first line.
fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\n').next()?;
    let rest = line.strip_prefix(b"HTTP/1.1 ").or_else(|| line.strip_prefix(b"HTTP/1.0 "))?;
    let digits = std::str::from_utf8(rest.get(..3)?).ok()?;
    digits.parse().ok().filter(|status| (100..600).contains(status))
}

async fn drain(mut stream: TcpStream, mut read: usize) -> io::Result<()> {
    let mut ignored = [0; 4096];
    while read < MAX_READ {
        match stream.read(&mut ignored).await? {
            0 => break,
            count => read += count,
        }
    }
    Ok(())
}
