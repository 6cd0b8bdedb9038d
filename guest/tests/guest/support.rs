//! A guest to test, and a client that speaks to it through an independent WebSocket library.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use protocol::frame::{ClientFrame, ServerFrame};
use protocol::guest::{Config, ExitRecord, Listen, Terminal};
use protocol::{GuestToken, SessionId};
use tempfile::TempDir;
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Message, WebSocket};

/// Within which anything must happen, on the slowest machine.
pub const LIMIT: Duration = Duration::from_secs(30);

/// How often it is looked whether something has happened that nobody tells of.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

pub struct Guest {
    pub directory: TempDir,
    pub token: String,
    child: Option<Child>,
}

impl Guest {
    pub fn start() -> Self {
        Self::start_with(|command| command, |_| {})
    }

    /// A guest whose command line or configuration the test changes first.
    pub fn start_with(wrap: impl FnOnce(Command) -> Command, change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let home = directory.path().to_str().expect("utf-8").to_owned();
        // A short prompt, and nothing of the machine's own start-up files.
        std::fs::write(
            directory.path().join(".bash_profile"),
            "PS1='> '; HISTFILE=\nbind 'set enable-bracketed-paste off'\n",
        )
        .expect("a profile");
        let mut config = Config {
            session: "abcdefghij01".parse::<SessionId>().expect("an id"),
            token: GuestToken::from_random([7; 32]),
            listen: Listen::Unix(format!("{home}/guest.sock")),
            user: None,
            directory: format!("{home}/work/space"),
            home: home.clone(),
            shell: "/bin/bash".to_owned(),
            env: BTreeMap::from([("GIVEN".to_owned(), "value".to_owned())]),
        };
        change(&mut config);
        let path = directory.path().join("guest.json");
        std::fs::write(&path, serde_json::to_vec(&config).expect("json")).expect("a configuration");
        let mut command = Command::new(env!("CARGO_BIN_EXE_berth-guest"));
        command.arg(&path).env("LEAKED", "from the guest's own environment");
        let child = wrap(command).spawn().expect("a guest");
        let guest = Self { directory, token: config.token.reveal().to_owned(), child: Some(child) };
        eventually("the guest listens", || UnixStream::connect(guest.socket()).is_ok());
        guest
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("a guest").id()
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("guest.sock")
    }

    pub fn stream(&self) -> UnixStream {
        let stream = UnixStream::connect(self.socket()).expect("the guest listens");
        stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
        stream
    }

    /// Status and body of a request.
    pub fn request(&self, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        self.request_with(&format!("Authorization: Bearer {}\r\n", self.token), method, path, body)
    }

    pub fn request_with(&self, headers: &str, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = self.stream();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: g\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).expect("a request");
        // The guest may answer and close before it has read all of a body that is too long.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let split = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&answer[..split]);
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, answer[split + 4..].to_vec())
    }

    pub fn terminals(&self) -> Vec<Terminal> {
        let (status, body) = self.request("GET", "/terminals", b"");
        assert_eq!(status, 200);
        serde_json::from_slice(&body).expect("terminals")
    }

    pub fn text(&self, terminal: u8) -> String {
        let (status, body) = self.request("GET", &format!("/terminals/{terminal}/scrollback"), b"");
        assert_eq!(status, 200);
        String::from_utf8(body).expect("utf-8")
    }

    pub fn connect(&self, target: &str) -> Client {
        Client::over(self.stream(), target, &self.token)
    }

    /// A client that has been greeted and whose shell has prompted.
    pub fn ready(&self, target: &str) -> Client {
        let mut client = self.connect(target);
        client.wait_for(b"> ");
        client
    }

    /// Resident memory, bytes.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("a status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
        line.split_whitespace().nth(1).and_then(|size| size.parse::<u64>().ok()).expect("a size") * 1024
    }

    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("the guest ends", || {
            status = self.child.as_mut().expect("a guest").try_wait().expect("a status");
            status.is_some()
        });
        status.expect("a status")
    }

    pub fn exit_record(&self) -> ExitRecord {
        let text = std::fs::read(self.directory.path().join("exit.json")).expect("exit.json");
        serde_json::from_slice(&text).expect("a record")
    }
}

impl Drop for Guest {
    /// In order, so that a test leaves none of its shells behind; by force when that fails.
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        if matches!(child.try_wait(), Ok(None)) && !std::thread::panicking() {
            self.request("POST", "/shutdown", br#"{"grace_ms":200}"#);
            let end = Instant::now() + LIMIT;
            while Instant::now() < end && matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(LOOK_INTERVAL);
            }
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Asks until it is so, within the limit.
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < end, "in vain: {what}");
        std::thread::sleep(LOOK_INTERVAL);
    }
}

/// What a guest sends.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    Bytes(Vec<u8>),
    Frame(ServerFrame),
    Closed(u16),
    /// Without a close frame.
    Gone,
}

pub struct Client {
    pub socket: WebSocket<UnixStream>,
    pub epoch: String,
    /// Offset of the next byte of the stream.
    pub offset: u64,
    pub drives: bool,
    /// Frames seen besides `hello` and `snapshot`.
    pub frames: Vec<ServerFrame>,
    pub snapshots: usize,
    /// What the last snapshot held.
    pub snapshot: Vec<u8>,
    /// Every byte of the stream since the client came.
    pub seen: Vec<u8>,
    /// Acknowledge as a page does.
    pub acks: bool,
    acked: u64,
    snapshot_left: u64,
}

impl Client {
    pub fn over(stream: UnixStream, target: &str, token: &str) -> Self {
        let mut request = format!("ws://guest/terminals/{target}").into_client_request().expect("a request");
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().expect("a header"));
        let (socket, _) = tungstenite::client(request, stream).expect("a handshake");
        Self {
            socket,
            epoch: String::new(),
            offset: 0,
            drives: false,
            frames: Vec::new(),
            snapshots: 0,
            snapshot: Vec::new(),
            seen: Vec::new(),
            acks: false,
            acked: 0,
            snapshot_left: 0,
        }
    }

    /// The next thing, booked.
    pub fn hear(&mut self) -> Heard {
        let heard = match self.socket.read() {
            Ok(Message::Binary(bytes)) => Heard::Bytes(bytes.to_vec()),
            Ok(Message::Text(text)) => Heard::Frame(serde_json::from_str(&text).expect("a frame")),
            Ok(Message::Close(frame)) => Heard::Closed(frame.map_or(1005, |frame| frame.code.into())),
            Ok(Message::Pong(_) | Message::Ping(_) | Message::Frame(_)) => return self.hear(),
            Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                panic!("nothing more came; the last seen: {:?}", String::from_utf8_lossy(self.tail()))
            }
            Err(_) => Heard::Gone,
        };
        match &heard {
            Heard::Bytes(bytes) if self.snapshot_left > 0 => {
                self.snapshot.extend_from_slice(bytes);
                self.snapshot_left -= bytes.len() as u64;
            }
            Heard::Bytes(bytes) => {
                self.seen.extend_from_slice(bytes);
                self.offset += bytes.len() as u64;
                if self.acks && self.offset - self.acked >= protocol::frame::ACK_INTERVAL {
                    self.ack();
                }
            }
            Heard::Frame(ServerFrame::Hello { epoch, offset, driver, .. }) => {
                self.epoch.clone_from(epoch);
                (self.offset, self.acked, self.drives) = (*offset, *offset, *driver);
                self.frames.extend(match &heard {
                    Heard::Frame(frame) => Some(frame.clone()),
                    _ => None,
                });
            }
            Heard::Frame(ServerFrame::Snapshot { offset, bytes }) => {
                (self.offset, self.snapshot_left) = (*offset, *bytes);
                self.acked = self.acked.max(*offset);
                self.snapshots += 1;
                self.snapshot.clear();
            }
            Heard::Frame(frame) => {
                if let ServerFrame::Driver { you, .. } = frame {
                    self.drives = *you;
                }
                self.frames.push(frame.clone());
            }
            Heard::Closed(_) | Heard::Gone => {}
        }
        heard
    }

    pub fn ack(&mut self) {
        self.acked = self.offset;
        self.send(&ClientFrame::Ack { offset: self.offset });
    }

    pub fn tail(&self) -> &[u8] {
        &self.seen[self.seen.len().saturating_sub(400)..]
    }

    pub fn has_seen(&self, bytes: &[u8]) -> bool {
        self.seen.windows(bytes.len()).any(|window| window == bytes)
    }

    /// Hears until the stream, or the last snapshot, holds `bytes`; what came before is forgotten.
    pub fn wait_for(&mut self, bytes: &[u8]) {
        let in_snapshot = |snapshot: &[u8]| snapshot.windows(bytes.len()).any(|window| window == bytes);
        loop {
            if let Some(at) = self.seen.windows(bytes.len()).position(|window| window == bytes) {
                self.seen.drain(..at + bytes.len());
                self.snapshot.clear();
                return;
            }
            if in_snapshot(&self.snapshot) && self.snapshot_left == 0 {
                self.snapshot.clear();
                return;
            }
            if let Heard::Closed(_) | Heard::Gone = self.hear() {
                panic!("closed before {:?}", String::from_utf8_lossy(bytes));
            }
        }
    }

    /// Hears until a frame is as wanted.
    pub fn wait_frame(&mut self, mut is_it: impl FnMut(&ServerFrame) -> bool) -> ServerFrame {
        if let Some(at) = self.frames.iter().position(&mut is_it) {
            return self.frames.remove(at);
        }
        loop {
            match self.hear() {
                Heard::Frame(frame) if is_it(&frame) => {
                    self.frames.pop();
                    return frame;
                }
                Heard::Closed(code) => panic!("closed with {code}"),
                Heard::Gone => panic!("gone"),
                _ => {}
            }
        }
    }

    /// Hears until the socket closes; the code.
    pub fn wait_close(&mut self) -> u16 {
        loop {
            match self.hear() {
                Heard::Closed(code) => return code,
                Heard::Gone => panic!("gone without a close frame"),
                _ => {}
            }
        }
    }

    pub fn type_in(&mut self, bytes: &[u8]) {
        self.socket.send(Message::Binary(bytes.to_vec().into())).expect("typed");
    }

    pub fn send(&mut self, frame: &ClientFrame) {
        self.send_text(&serde_json::to_string(frame).expect("json"));
    }

    pub fn send_text(&mut self, text: &str) {
        self.socket.send(Message::Text(text.to_owned().into())).expect("said");
    }

    /// What the guest answers to a ping: all that was sent before it has been dealt with.
    pub fn settle(&mut self) {
        let t = f64::from(self.frames.len() as u32) + 0.5;
        self.send(&ClientFrame::Ping { t });
        self.wait_frame(|frame| *frame == ServerFrame::Pong { t });
    }

    /// Says good-bye.
    pub fn leave(mut self) {
        let close = tungstenite::protocol::CloseFrame { code: CloseCode::Normal, reason: "".into() };
        self.socket.close(Some(close)).expect("a close");
        while !matches!(self.hear(), Heard::Closed(_) | Heard::Gone) {}
    }
}

impl Client {
    /// Hears until the stream holds `bytes`, forgetting nothing.
    pub fn wait_keeping(&mut self, bytes: &[u8]) {
        while !self.has_seen(bytes) {
            assert!(!matches!(self.hear(), Heard::Closed(_) | Heard::Gone));
        }
    }
}
