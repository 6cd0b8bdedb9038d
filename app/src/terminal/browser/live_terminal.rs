//! One terminal at work: xterm.js on one side, the socket on the other, the plain logic between.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use protocol::frame::{ClientFrame, ServerFrame, Size};
use protocol::{SessionId, TerminalId, close};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::ResizeObserver;

use super::socket::{BROKEN, Event, Socket};
use super::widget::{Handlers, Widget};
use crate::browser::{go_to_sign_in, has_touch, is_visible};
use crate::terminal::acks::Acks;
use crate::terminal::input;
use crate::terminal::link::{Command, Link, Status};
use crate::terminal::state::{Driver, Exit, TerminalState};
use crate::terminal::stream::{Chunk, Mark, RESET, Stream};

/// How long a connection may say nothing to a ping after the page comes back, milliseconds. A
/// laptop that slept holds sockets that are long gone and doesn't know it.
const PROBE_MS: u32 = 3_000;

/// How many bytes may wait to be parsed. A driver is never sent as many; a watcher that falls this
/// far behind lets go, and comes back to a snapshot. xterm.js itself would throw at 50 MB.
const MAX_UNPARSED: usize = 8 * 1024 * 1024;

pub struct LiveTerminal {
    session: SessionId,
    terminal: TerminalId,
    state: TerminalState,
    widget: Widget,
    work: RefCell<Work>,
    /// Whether a fit is due in the next frame.
    fitting: Cell<bool>,
    /// Tells when the parent's size changes.
    observer: Option<ResizeObserver>,
    _observed: Closure<dyn Fn()>,
    this: Weak<Self>,
}

/// What changes. Borrowed for no longer than a call into it, and never across one into xterm.js,
/// which may call back.
struct Work {
    link: Link,
    stream: Stream,
    acks: Acks,
    /// Each write under way, in order: its length, and the place it leads to.
    writes: VecDeque<(usize, Option<Mark>)>,
    /// Their bytes in all.
    unparsed: usize,
    socket: Option<Socket>,
    timer: Option<Timeout>,
    /// Fires when a probed connection stays silent.
    probe: Option<Timeout>,
    drives: bool,
}

impl LiveTerminal {
    /// Puts a terminal into `parent` and connects it.
    pub fn open(
        parent: &web_sys::HtmlElement,
        session: SessionId,
        terminal: TerminalId,
        state: TerminalState,
    ) -> Rc<Self> {
        let this = Rc::new_cyclic(|this: &Weak<Self>| {
            let handlers = Handlers {
                text: Box::new(with(this, |this, text: String| this.type_bytes(text.as_bytes()))),
                binary: Box::new(with(this, |this, text: String| this.type_bytes(&input::from_binary_string(&text)))),
                resized: Box::new(with(this, |this, size| this.resized(size))),
                parsed: Box::new({
                    let parsed = with(this, |this, ()| this.parsed());
                    move || parsed(())
                }),
            };
            let fit = with(this, |this, ()| this.fit());
            let observed = Closure::<dyn Fn()>::new(move || fit(()));
            Self {
                session,
                terminal,
                state,
                observer: ResizeObserver::new(observed.as_ref().unchecked_ref()).ok(),
                _observed: observed,
                widget: Widget::new(parent, handlers),
                work: RefCell::new(Work {
                    link: Link::new(is_visible(), window().navigator().on_line()),
                    stream: Stream::default(),
                    acks: Acks::default(),
                    writes: VecDeque::new(),
                    unparsed: 0,
                    socket: None,
                    timer: None,
                    probe: None,
                    drives: true,
                }),
                fitting: Cell::new(false),
                this: Weak::clone(this),
            }
        });
        if let Some(observer) = &this.observer {
            observer.observe(parent);
        }
        this.widget.fit();
        this.again();
        this
    }

    /// Connects, if it isn't connected.
    pub fn again(&self) {
        self.step(Link::again);
    }

    /// Asks to drive.
    pub fn take_control(&self) {
        self.control(&ClientFrame::TakeControl);
    }

    pub fn seen(&self, visible: bool) {
        self.step(|link| link.seen(visible));
        if visible {
            self.probe();
        }
    }

    pub fn online(&self, online: bool) {
        self.step(|link| link.online(online));
        if online {
            self.probe();
        }
    }

    /// Brings the keyboard here, unless that would bring one up on the screen.
    pub fn focus(&self) {
        if !has_touch() {
            self.widget.focus();
        }
    }

    pub fn recolour(&self) {
        self.widget.recolour();
    }

    /// Fits to the parent in the next frame; many calls before it are one.
    pub fn fit(&self) {
        if self.fitting.replace(true) {
            return;
        }
        let fit = with(&self.this, |this, ()| {
            this.fitting.set(false);
            if this.work.borrow().drives {
                this.widget.fit();
            }
        });
        request_animation_frame(move || fit(()));
    }

    /// Tells the link something, and does what it wants.
    fn step(&self, event: impl FnOnce(&mut Link) -> Command) {
        let command = event(&mut self.work.borrow_mut().link);
        if command != Command::Nothing {
            self.work.borrow_mut().timer = None;
        }
        match command {
            Command::Nothing | Command::Hold => {}
            Command::Connect => self.connect(),
            Command::Wait { ms } => {
                let waited = with(&self.this, |this, ()| this.step(Link::waited));
                self.work.borrow_mut().timer = Some(Timeout::new(ms, move || waited(())));
            }
        }
        self.tell_status();
    }

    fn tell_status(&self) {
        let status = self.work.borrow().link.status();
        // The page may be gone before the last event is.
        let _ = self.state.status.try_set(status);
        if status == (Status::Refused { code: close::NOT_SIGNED_IN }) {
            go_to_sign_in();
        }
    }

    fn connect(&self) {
        if self.work.borrow().drives {
            self.widget.fit();
        }
        let url = self.url();
        let socket = Socket::open(&url, with(&self.this, |this, event| this.hear(event)));
        let opened = socket.is_some();
        let mut work = self.work.borrow_mut();
        work.socket = socket;
        work.probe = None;
        drop(work);
        if !opened {
            self.step(|link| link.closed(BROKEN, js_sys::Math::random()));
        }
    }

    fn url(&self) -> String {
        let location = window().location();
        let scheme = if location.protocol().is_ok_and(|scheme| scheme == "https:") { "wss" } else { "ws" };
        let host = location.host().unwrap_or_default();
        let Size { cols, rows } = self.widget.size();
        let mut url =
            format!("{scheme}://{host}/api/terminal/{}-{}/ws?cols={cols}&rows={rows}", self.session, self.terminal);
        let mut add = |name: &str, value: &str| {
            url.push('&');
            url.push_str(name);
            url.push('=');
            url.push_str(&String::from(js_sys::encode_uri_component(value)));
        };
        if let Some((since, epoch)) = self.work.borrow().stream.resume() {
            add("since", &since.to_string());
            add("epoch", epoch);
        }
        if let Some(zone) = time_zone() {
            add("tz", &zone);
        }
        url
    }

    fn hear(&self, event: Event) {
        self.work.borrow_mut().probe = None;
        match event {
            Event::Bytes(bytes) => self.draw(&bytes),
            Event::Text(text) => {
                // A frame of a type that this page doesn't know yet is skipped, as agreed.
                if let Ok(frame) = serde_json::from_str(&text) {
                    self.obey(frame);
                }
            }
            Event::Closed(code) => {
                let mut work = self.work.borrow_mut();
                work.stream.cut();
                work.socket = None;
                drop(work);
                self.step(|link| link.closed(code, js_sys::Math::random()));
            }
        }
    }

    fn obey(&self, frame: ServerFrame) {
        match frame {
            ServerFrame::Hello { epoch, offset, cols, rows, driver, title: _, process } => {
                let mut work = self.work.borrow_mut();
                let drove = work.drives && work.stream.resume().is_some();
                work.stream.greeted(&epoch, offset);
                work.acks.restart(offset);
                work.link.greeted();
                drop(work);
                self.tell_status();
                let _ = self.state.process.try_set(process);
                let _ = self.state.exit.try_set(None);
                self.drive(driver, Size { cols, rows });
                // The guest may still hold the socket that a sleeping laptop left behind for the driver.
                if drove && !driver {
                    self.take_control();
                }
            }
            ServerFrame::Snapshot { offset, bytes } => {
                let chunk = self.work.borrow_mut().stream.announced(offset, bytes);
                chunk.into_iter().for_each(|chunk| self.write(chunk));
            }
            ServerFrame::Process { name } => {
                let _ = self.state.process.try_set(name);
            }
            ServerFrame::Driver { you, count } => {
                let _ = self.state.driver.try_set(Driver { you, count });
                self.drive(you, self.widget.size());
            }
            ServerFrame::Resized { cols, rows } => {
                if !self.work.borrow().drives {
                    self.widget.resize(Size { cols, rows });
                }
            }
            ServerFrame::Exit { code, signal } => {
                let _ = self.state.exit.try_set(Some(Exit { code, signal }));
            }
            ServerFrame::Title { .. }
            | ServerFrame::Cwd { .. }
            | ServerFrame::Bell
            | ServerFrame::Notification { .. }
            | ServerFrame::Pong { .. } => {}
        }
    }

    /// Who drives fits the terminal to the page; who watches takes the driver's size.
    fn drive(&self, you: bool, size: Size) {
        self.work.borrow_mut().drives = you;
        let _ = self.state.driver.try_update(|driver| driver.you = you);
        if you {
            self.widget.fit();
            if self.widget.size() != size {
                self.resized(self.widget.size());
            }
        } else {
            self.widget.resize(size);
        }
    }

    fn draw(&self, frame: &[u8]) {
        let chunks = self.work.borrow_mut().stream.received(frame);
        chunks.into_iter().flatten().for_each(|chunk| self.write(chunk));
    }

    fn write(&self, chunk: Chunk<'_>) {
        let mut work = self.work.borrow_mut();
        work.writes.push_back((chunk.bytes.len(), chunk.mark));
        work.unparsed += chunk.bytes.len();
        let overflows = work.unparsed > MAX_UNPARSED;
        drop(work);
        if chunk.reset {
            self.widget.write(&[RESET, chunk.bytes].concat());
        } else {
            self.widget.write(chunk.bytes);
        }
        if overflows {
            self.hear(Event::Closed(BROKEN));
        }
    }

    /// The oldest write under way is parsed.
    fn parsed(&self) {
        let mut work = self.work.borrow_mut();
        let Some((length, mark)) = work.writes.pop_front() else { return };
        work.unparsed -= length;
        let Some(mark) = mark else { return };
        if mark.generation != work.stream.generation() {
            return;
        }
        let due = work.acks.parsed(mark.offset, mark.snapshot);
        if let (Some(offset), Some(socket)) = (due, &work.socket) {
            socket.control(&ClientFrame::Ack { offset });
        }
    }

    fn resized(&self, size: Size) {
        if self.work.borrow().drives {
            self.control(&ClientFrame::Resize { cols: size.cols, rows: size.rows });
        }
    }

    fn type_bytes(&self, bytes: &[u8]) {
        if let Some(socket) = &self.work.borrow().socket {
            input::frames(bytes).for_each(|frame| socket.input(frame));
        }
    }

    fn control(&self, frame: &ClientFrame) {
        if let Some(socket) = &self.work.borrow().socket {
            socket.control(frame);
        }
    }

    /// Asks a connection that may be gone for a sign of life, and gives it up without one.
    fn probe(&self) {
        if self.work.borrow().link.status() != Status::Connected {
            return;
        }
        self.control(&ClientFrame::Ping { t: js_sys::Date::now() });
        let silent = with(&self.this, |this, ()| this.hear(Event::Closed(BROKEN)));
        self.work.borrow_mut().probe = Some(Timeout::new(PROBE_MS, move || silent(())));
    }
}

impl Drop for LiveTerminal {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

/// A handler that does nothing once its terminal is gone.
fn with<T, F: Fn(&LiveTerminal, T)>(this: &Weak<LiveTerminal>, handle: F) -> impl Fn(T) + use<T, F> {
    let this = Weak::clone(this);
    move |value| {
        if let Some(this) = this.upgrade() {
            handle(&this, value);
        }
    }
}

/// The browser's time zone, such as `Europe/Berlin`.
fn time_zone() -> Option<String> {
    let format = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new());
    js_sys::Reflect::get(&format.resolved_options(), &"timeZone".into()).ok()?.as_string()
}
