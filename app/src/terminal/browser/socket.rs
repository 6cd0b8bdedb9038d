//! One WebSocket to a terminal. Dropping it closes it and ends its events.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use js_sys::{ArrayBuffer, Uint8Array};
use protocol::frame::ClientFrame;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use crate::terminal::paste::Outbox;

/// The code a browser reports for a connection that broke without one.
pub const BROKEN: u16 = 1006;

/// How long until a socket that had enough to send is looked at again, milliseconds. A browser
/// tells nobody when it has sent.
const LOOK_AGAIN_MS: u32 = 8;

/// What a socket tells.
pub enum Event {
    Text(String),
    Bytes(Vec<u8>),
    /// The end, with its close code.
    Closed(u16),
}

pub struct Socket {
    sender: Rc<Sender>,
    /// Called by the socket until it is closed here.
    _heard: Closure<dyn Fn(MessageEvent)>,
    _closed: Closure<dyn Fn(CloseEvent)>,
}

/// The sending half: input waits in it for its turn.
struct Sender {
    socket: WebSocket,
    outbox: RefCell<Outbox>,
    /// Runs while the outbox waits for the browser.
    timer: RefCell<Option<Timeout>>,
    this: Weak<Self>,
}

impl Socket {
    /// Opens a socket to `url`; none when the browser refuses the address.
    pub fn open(url: &str, on: impl Fn(Event) + 'static) -> Option<Self> {
        let socket = WebSocket::new(url).ok()?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let on = Rc::new(on);
        let heard = Closure::<dyn Fn(MessageEvent)>::new({
            let on = Rc::clone(&on);
            move |event: MessageEvent| match event.data().dyn_into::<ArrayBuffer>() {
                Ok(bytes) => on(Event::Bytes(Uint8Array::new(&bytes).to_vec())),
                Err(text) => {
                    if let Some(text) = text.as_string() {
                        on(Event::Text(text));
                    }
                }
            }
        });
        let closed = Closure::<dyn Fn(CloseEvent)>::new(move |event: CloseEvent| on(Event::Closed(event.code())));
        socket.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        // An error is followed by the close, which has the code.
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        let sender = Rc::new_cyclic(|this| Sender {
            socket,
            outbox: RefCell::default(),
            timer: RefCell::default(),
            this: Weak::clone(this),
        });
        Some(Self { sender, _heard: heard, _closed: closed })
    }

    /// Sends a control frame, if the socket is open. It doesn't wait behind input.
    pub fn control(&self, frame: &ClientFrame) {
        if let Ok(text) = serde_json::to_string(frame)
            && self.sender.is_open()
        {
            // Fails only while connecting, which was just excluded; a break shows as a close.
            let _ = self.sender.socket.send_with_str(&text);
        }
    }

    /// Sends input, if the socket is open. What is typed into a broken connection is lost, not
    /// kept: it must not run minutes later.
    pub fn input(&self, bytes: &[u8]) {
        if self.sender.is_open() {
            self.sender.outbox.borrow_mut().push(bytes);
            self.sender.flush();
        }
    }
}

impl Sender {
    fn is_open(&self) -> bool {
        self.socket.ready_state() == WebSocket::OPEN
    }

    fn flush(&self) {
        let mut outbox = self.outbox.borrow_mut();
        if !self.is_open() {
            outbox.clear();
        }
        outbox.flush(
            || self.socket.buffered_amount(),
            |frame| {
                // As in `control`.
                let _ = self.socket.send_with_u8_array(frame);
            },
        );
        let this = Weak::clone(&self.this);
        let again = move || {
            if let Some(this) = this.upgrade() {
                this.flush();
            }
        };
        *self.timer.borrow_mut() = (!outbox.is_empty()).then(|| Timeout::new(LOOK_AGAIN_MS, again));
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.sender.socket.set_onmessage(None);
        self.sender.socket.set_onclose(None);
        // Fails for codes and reasons that aren't allowed, and there are none.
        let _ = self.sender.socket.close();
    }
}
