//! One terminal's socket, as the page holds it: counts bytes, acknowledges, follows snapshots.

use futures::{SinkExt, StreamExt};
use protocol::SessionId;
use protocol::frame::{ClientFrame, ServerFrame};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::server::LIMIT;

pub struct Terminal {
    pub socket: WebSocketStream<TcpStream>,
    pub epoch: String,
    /// Of the next byte.
    pub offset: u64,
    /// Everything shown, snapshots included.
    pub shown: Vec<u8>,
    /// Bytes of a snapshot still to come.
    snapshot: u64,
    pub snapshots: usize,
    pub ended: Option<ServerFrame>,
}

impl Terminal {
    pub async fn connect(address: &str, cookie: &str, id: &SessionId, number: u8, query: &str) -> Self {
        let socket = open(address, cookie, id, number, query).await;
        let mut terminal =
            Self { socket, epoch: String::new(), offset: 0, shown: Vec::new(), snapshot: 0, snapshots: 0, ended: None };
        match terminal.next().await {
            Ok(()) => terminal,
            Err(code) => panic!("the socket was closed with {code}"),
        }
    }

    pub async fn refusal(address: &str, cookie: &str, id: &SessionId, number: u8) -> u16 {
        let socket = open(address, cookie, id, number, "").await;
        let mut terminal =
            Self { socket, epoch: String::new(), offset: 0, shown: Vec::new(), snapshot: 0, snapshots: 0, ended: None };
        terminal.closed().await
    }

    pub async fn type_in(&mut self, text: &str) {
        self.socket.send(Message::binary(text.as_bytes().to_vec())).await.unwrap();
    }

    pub async fn say(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Runs a command line in a shell and answers what it wrote.
    pub async fn run(&mut self, command: &str) -> String {
        // The marks are put together by the shell, so that the echo of the line is not taken for them.
        let line = format!(" echo be''gin; {command}; echo e''nd:$?\r");
        let from = self.shown.len();
        self.type_in(&line).await;
        self.until_shown(from, "end:").await;
        let text = String::from_utf8_lossy(&self.shown[from..]).into_owned();
        let text = text.split_once("begin\r\n").map_or(text.as_str(), |(_, rest)| rest);
        text.split("end:").next().unwrap().replace("\r\n", "\n")
    }

    /// Reads on until `wanted` is shown beyond `from`.
    pub async fn until_shown(&mut self, from: usize, wanted: &str) {
        while !self.shown[from..].windows(wanted.len()).any(|window| window == wanted.as_bytes()) {
            if let Err(code) = self.next().await {
                panic!("closed with {code} before {wanted:?} in {:?}", String::from_utf8_lossy(&self.shown[from..]));
            }
        }
    }

    /// Reads on until the socket is closed, and answers the code; 1006 without a close frame.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }

    /// Takes one frame.
    pub async fn next(&mut self) -> Result<(), u16> {
        let received = tokio::time::timeout(LIMIT, self.socket.next());
        match received.await.unwrap_or_else(|_| panic!("silent after {:?}", String::from_utf8_lossy(&self.shown))) {
            Some(Ok(Message::Binary(bytes))) => {
                self.shown.extend_from_slice(&bytes);
                let length = bytes.len() as u64;
                if self.snapshot > 0 {
                    self.snapshot -= length;
                } else {
                    self.offset += length;
                    let ack = serde_json::to_string(&ClientFrame::Ack { offset: self.offset }).unwrap();
                    // A socket that is closing takes no more; the close is met by the next read.
                    let _ = self.socket.send(Message::text(ack)).await;
                }
                Ok(())
            }
            Some(Ok(Message::Text(text))) => {
                match serde_json::from_str(&text).expect("a documented frame") {
                    ServerFrame::Hello { epoch, offset, .. } => (self.epoch, self.offset) = (epoch, offset),
                    ServerFrame::Snapshot { offset, bytes } => {
                        (self.offset, self.snapshot) = (offset, bytes);
                        self.snapshots += 1;
                    }
                    exit @ ServerFrame::Exit { .. } => self.ended = Some(exit),
                    _ => {}
                }
                Ok(())
            }
            Some(Ok(Message::Close(frame))) => Err(frame.map_or(1005, |frame| frame.code.into())),
            Some(Ok(_)) => Ok(()),
            Some(Err(_)) | None => Err(1006),
        }
    }
}

async fn open(address: &str, cookie: &str, id: &SessionId, number: u8, query: &str) -> WebSocketStream<TcpStream> {
    let path = format!("ws://{address}/api/terminal/{id}-{number}/ws?cols=100&rows=30{query}");
    let mut request = path.into_client_request().unwrap();
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    request.headers_mut().insert("origin", format!("http://{address}").parse().unwrap());
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    tokio::time::timeout(LIMIT, client_async(request, stream)).await.expect("no handshake").unwrap().0
}
