//! One HTTP/1.1 request over a TCP connection of its own: as much as a benchmark needs.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, Result, bail};

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
    let mut stream = TcpStream::connect(address).with_context(|| format!("can't connect to {address}"))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let content =
        kind.map(|kind| format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len())).unwrap_or_default();
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{content}{headers}\r\n{body}");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).with_context(|| format!("{method} {path} was not answered"))?;
    parse(answer).with_context(|| format!("{method} {path} was answered with something else than HTTP"))
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
    fn a_chunked_answer_is_joined() {
        let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        let answer = parse(answer.to_vec()).unwrap();
        assert_eq!((answer.status, answer.header("x-a"), answer.body.as_slice()), (200, Some("b"), &b"abcde"[..]));
        assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab".to_vec()).is_err());
    }
}
