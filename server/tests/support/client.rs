//! HTTP as bytes: every header is the test's own, and none is added but `Host`.

use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::LIMIT;

/// A request that is being made up.
pub struct Request {
    address: SocketAddr,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// What came back, whole.
#[derive(Debug)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Request {
    pub fn new(address: SocketAddr, method: &str, target: &str) -> Self {
        let (method, target) = (method.to_owned(), target.to_owned());
        Self { address, method, target, headers: Vec::new(), body: Vec::new() }
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The server's own origin, as its pages send it.
    #[must_use]
    pub fn own_origin(self) -> Self {
        let origin = format!("http://{}", self.address);
        self.header("origin", &origin)
    }

    #[must_use]
    pub fn json(self, body: &str) -> Self {
        self.header("content-type", "application/json").body(body.as_bytes())
    }

    #[must_use]
    pub fn form(self, body: &str) -> Self {
        self.header("content-type", "application/x-www-form-urlencoded").body(body.as_bytes())
    }

    #[must_use]
    pub fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    /// Opens a connection, sends the head, and leaves the rest to the caller.
    pub async fn open(&self) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {}\r\n", self.method, self.target, self.address);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() && !self.headers.iter().any(|(name, _)| name == "transfer-encoding") {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        stream
    }

    /// Sends it on a connection of its own and reads the answer to its end.
    pub async fn send(self) -> Response {
        tokio::time::timeout(LIMIT, self.header("connection", "close").exchange()).await.expect("an answer in time")
    }

    async fn exchange(self) -> Response {
        let mut stream = self.open().await;
        // A server that refuses the head may have hung up before it read the body.
        let _ = stream.write_all(&self.body).await;
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        Response::parse(&bytes)
    }
}

impl Response {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let body = &bytes[end + 4..];
        let is_chunked = headers.get("transfer-encoding").is_some_and(|value| value == "chunked");
        let body = if is_chunked { unchunk(body) } else { body.to_vec() };
        Self { status, headers, body: String::from_utf8_lossy(&body).into_owned(), bytes: body }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The error's text with its request's id, which must be the header's, made always the same.
    pub fn error(&self) -> String {
        let id = self.json()["request_id"].as_str().expect("a request id").to_owned();
        assert_eq!(id, self.header("x-request-id"));
        format!("{} {}", self.status.as_u16(), self.body.replace(&id, "[id]"))
    }
}

fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        let chunk = end + 2;
        body.extend_from_slice(&bytes[chunk..chunk + length]);
        bytes = &bytes[chunk + length + 2..];
    }
    body
}
