//! One WebSocket to a terminal. Dropping it closes it and ends its events.

use std::cell::RefCell;
use std::rc::Rc;

use futures::future::{AbortHandle, abortable, poll_fn};
use futures::{SinkExt, StreamExt};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, State, WebSocketError};
use leptos::task::spawn_local;
use protocol::frame::ClientFrame;

/// The code a browser reports for a connection that broke without one.
pub const BROKEN: u16 = 1006;

/// What a socket tells.
pub enum Event {
    Text(String),
    Bytes(Vec<u8>),
    /// The end, with its close code.
    Closed(u16),
}

pub struct Socket {
    socket: Rc<RefCell<WebSocket>>,
    abort: AbortHandle,
}

impl Socket {
    /// Opens a socket to `url`; none when the browser refuses the address.
    pub fn open(url: &str, on: impl Fn(Event) + 'static) -> Option<Self> {
        let socket = Rc::new(RefCell::new(WebSocket::open(url).ok()?));
        let (reading, abort) = abortable(read(Rc::clone(&socket), on));
        spawn_local(async move {
            // Aborted when the socket is dropped, which is the plain end.
            let _ = reading.await;
        });
        Some(Self { socket, abort })
    }

    /// Sends a control frame, if the socket is open.
    pub fn control(&self, frame: &ClientFrame) {
        if let Ok(text) = serde_json::to_string(frame) {
            self.send(Message::Text(text));
        }
    }

    /// Sends input, if the socket is open. What is typed into a broken connection is lost, not
    /// kept: it must not run minutes later.
    pub fn input(&self, bytes: &[u8]) {
        self.send(Message::Bytes(bytes.to_vec()));
    }

    fn send(&self, message: Message) {
        let mut socket = self.socket.borrow_mut();
        if matches!(socket.state(), State::Open) {
            // Fails only while connecting, which was just excluded; a break shows as a close.
            let _ = socket.start_send_unpin(message);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

/// Borrows the socket only while polling, so that handlers may send.
async fn read(socket: Rc<RefCell<WebSocket>>, on: impl Fn(Event)) {
    let mut code = BROKEN;
    loop {
        match poll_fn(|context| socket.borrow_mut().poll_next_unpin(context)).await {
            Some(Ok(Message::Text(text))) => on(Event::Text(text)),
            Some(Ok(Message::Bytes(bytes))) => on(Event::Bytes(bytes)),
            Some(Err(WebSocketError::ConnectionClose(close))) => code = close.code,
            // An error is followed by the close, which has the code.
            Some(Err(_)) => {}
            None => break,
        }
    }
    on(Event::Closed(code));
}
