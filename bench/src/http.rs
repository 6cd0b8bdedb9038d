//! HTTP/1.1 requests, each over a TCP connection of its own or one after another over the same: as much as a
//! benchmark needs.

use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use crate::terminal::{PATIENCE, find};

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of that name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body, if the request succeeded.
    pub fn json(&self) -> Result<serde_json::Value> {
        if !(200..300).contains(&self.status) {
            bail!("HTTP {}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        if self.body.is_empty() { Ok(serde_json::Value::Null) } else { Ok(serde_json::from_slice(&self.body)?) }
    }
}

/// Asks `address` for `path`. `headers` are whole lines; `body` is JSON.
pub fn request(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Result<Answer> {
    let kind = if body.is_empty() && method == "GET" { None } else { Some("application/json") };
    send(address, method, path, headers, kind, body)
}

/// Sends a form to `path`, as a page would.
pub fn post_form(address: SocketAddr, path: &str, headers: &str, form: &str) -> Result<Answer> {
    send(address, "POST", path, headers, Some("application/x-www-form-urlencoded"), form)
}

fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    kind: Option<&str>,
    body: &str,
) -> Result<Answer> {
    let Connection { mut stream, .. } = Connection::open(address)?;
    let content =
        kind.map(|kind| format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len())).unwrap_or_default();
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{content}{headers}\r\n{body}");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).with_context(|| format!("{method} {path} was not answered"))?;
    parse(answer).with_context(|| format!("{method} {path} was answered with something else than HTTP"))
}

/// A connection that is kept for one request after another.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    stream: TcpStream,
}

impl Connection {
    /// A new one.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("can't connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { address, stream })
    }

    /// Sends a request without body, and waits for its answer, which must say how long it is.
    pub fn request(&mut self, method: &str, path: &str, headers: &str) -> Result<Answer> {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.address);
        self.stream.write_all(request.as_bytes())?;
        let mut received = Vec::new();
        while find(&received, b"\r\n\r\n").is_none() {
            self.receive(&mut received).with_context(|| format!("{method} {path} was not answered"))?;
        }
        let mut answer = parse(received)?;
        let length: usize = answer.header("content-length").context("an answer without its length")?.parse()?;
        while answer.body.len() < length {
            self.receive(&mut answer.body).with_context(|| format!("{method} {path} was cut off"))?;
        }
        Ok(answer)
    }

    fn receive(&mut self, into: &mut Vec<u8>) -> Result<()> {
        let mut piece = [0; 64 * 1024];
        let length = self.stream.read(&mut piece)?;
        ensure!(length > 0, "the connection ended");
        into.extend_from_slice(&piece[..length]);
        Ok(())
    }
}

/// The page's stream of events: `GET /api/sessions/events`.
#[derive(Debug)]
pub struct Events {
    lines: Lines<BufReader<TcpStream>>,
}

impl Events {
    /// Opens it. What has happened before is not told.
    pub fn open(address: SocketAddr, headers: &str) -> Result<Self> {
        let Connection { mut stream, .. } = Connection::open(address)?;
        // In HTTP/1.0 there are no chunks to be put together.
        let request = format!("GET /api/sessions/events HTTP/1.0\r\nHost: {address}\r\n{headers}\r\n");
        stream.write_all(request.as_bytes())?;
        let mut lines = BufReader::new(stream).lines();
        let status = lines.next().context("no answer")??;
        ensure!(status.contains(" 200 "), "the stream of events answered {status}");
        for line in lines.by_ref() {
            if line?.is_empty() {
                return Ok(Self { lines });
            }
        }
        bail!("the stream of events ended in its head")
    }

    /// Waits for an event whose name and data are as wanted.
    pub fn until(&mut self, is_wanted: impl Fn(&str, &str) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut event = String::new();
        for line in self.lines.by_ref() {
            let line = line.context("no event came")?;
            if let Some(name) = line.strip_prefix("event: ") {
                name.clone_into(&mut event);
                ensure!(Instant::now() < deadline, "it was not told within {PATIENCE:?}");
            } else if let Some(data) = line.strip_prefix("data: ")
                && is_wanted(&event, data)
            {
                return Ok(());
            }
        }
        bail!("the stream of events ended")
    }
}

fn parse(mut answer: Vec<u8>) -> Result<Answer> {
    let end = find(&answer, b"\r\n\r\n").context("no end of the head")?;
    let mut body = answer.split_off(end + 4);
    let head = String::from_utf8(answer)?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("no status")?.parse()?;
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(key, value)| (key.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    if headers.iter().any(|(key, value)| key == "transfer-encoding" && value.contains("chunked")) {
        body = unchunk(&body)?;
    }
    Ok(Answer { status, headers, body })
}

fn unchunk(mut chunked: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = find(chunked, b"\r\n").context("a chunk has no size")?;
        let size = usize::from_str_radix(std::str::from_utf8(&chunked[..end])?.trim(), 16)?;
        let rest = &chunked[end + 2..];
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(rest.get(..size).context("a chunk is cut off")?);
        chunked = rest.get(size + 2..).context("a chunk is cut off")?;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn answers_on_a_kept_connection_end_where_their_length_says() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut connection = Connection::open(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let answering = std::thread::spawn(move || {
            for answer in
                ["HTTP/1.1 405 No\r\ncontent-length: 3\r\n\r\nabc", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]
            {
                let mut asked = Vec::new();
                while find(&asked, b"\r\n\r\n").is_none() {
                    let mut piece = [0; 1024];
                    let length = server.read(&mut piece).unwrap();
                    asked.extend_from_slice(&piece[..length]);
                }
                answer.as_bytes().chunks(5).for_each(|piece| server.write_all(piece).unwrap());
            }
        });
        let first = connection.request("DELETE", "/a", "").unwrap();
        assert_eq!((first.status, first.body.as_slice()), (405, &b"abc"[..]));
        assert_eq!(connection.request("GET", "/b", "").unwrap().status, 200);
        answering.join().unwrap();
        assert!(connection.request("GET", "/c", "").is_err(), "the other end has gone");
    }

    #[test]
    fn a_chunked_answer_is_joined() {
        let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        let answer = parse(answer.to_vec()).unwrap();
        assert_eq!((answer.status, answer.header("x-a"), answer.body.as_slice()), (200, Some("b"), &b"abcde"[..]));
        assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab".to_vec()).is_err());
    }
}
