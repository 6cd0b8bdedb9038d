//! One terminal at work: xterm.js on one side, the socket on the other, the plain logic between.

mod address;
mod attention;
mod frames;
mod moments;
mod screen;
mod writing;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use protocol::frame::{ClientFrame, Size};
use protocol::{SessionId, TerminalId, close};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::ResizeObserver;

use self::moments::Moment;
use super::pace::Turn;
use super::socket::{BROKEN, Event, Socket};
use super::widget::{Handlers, Widget};
use crate::browser::{go_to_sign_in, has_touch, is_visible};
use crate::contexts::preferences::CurrentPreferences;
use crate::terminal::acks::Acks;
use crate::terminal::backlog::Backlog;
use crate::terminal::input;
use crate::terminal::link::{Command, Link, Status};
use crate::terminal::state::TerminalState;
use crate::terminal::stream::Stream;

/// How long a connection may say nothing to a ping after the page comes back, milliseconds. A
/// laptop that slept holds sockets that are long gone and doesn't know it.
const PROBE_MS: u32 = 3_000;

pub struct LiveTerminal {
    session: SessionId,
    terminal: TerminalId,
    state: TerminalState,
    preferences: CurrentPreferences,
    parent: web_sys::HtmlElement,
    turn: Turn,
    /// Another one after it has failed.
    widget: RefCell<Rc<Widget>>,
    work: RefCell<Work>,
    /// Whether its pane is on the page to be seen.
    shown: Cell<bool>,
    /// Whether a fit is due in the next frame.
    fitting: Cell<bool>,
    rebuilds: Cell<u32>,
    awaited: Cell<Option<Moment>>,
    /// Ends the visual bell.
    flash: RefCell<Option<Timeout>>,
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
    backlog: Backlog,
    /// Fires when xterm.js never tells of what it was given.
    watchdog: Option<Timeout>,
    /// Makes the screen anew after a throw.
    rebuild: Option<Timeout>,
    socket: Option<Socket>,
    timer: Option<Timeout>,
    /// Fires when a probed connection stays silent.
    probe: Option<Timeout>,
    drives: bool,
    /// Whether there was a connection before.
    greeted: bool,
}

impl LiveTerminal {
    /// Puts a terminal into `parent` and connects it.
    pub fn open(
        parent: &web_sys::HtmlElement,
        session: SessionId,
        terminal: TerminalId,
        state: TerminalState,
        preferences: CurrentPreferences,
    ) -> Rc<Self> {
        let this = Rc::new_cyclic(|this: &Weak<Self>| {
            let fit = with(this, |this, ()| this.fit_soon());
            let observed = Closure::<dyn Fn()>::new(move || fit(()));
            Self {
                session,
                terminal,
                state,
                preferences,
                parent: parent.clone(),
                turn: Turn::of(this),
                observer: ResizeObserver::new(observed.as_ref().unchecked_ref()).ok(),
                _observed: observed,
                widget: RefCell::new(Rc::new(Widget::new(parent, state, preferences, handlers(this)))),
                work: RefCell::new(Work {
                    link: Link::new(is_visible(), window().navigator().on_line()),
                    stream: Stream::default(),
                    acks: Acks::default(),
                    backlog: Backlog::default(),
                    watchdog: None,
                    rebuild: None,
                    socket: None,
                    timer: None,
                    probe: None,
                    drives: true,
                    greeted: false,
                }),
                shown: Cell::new(true),
                fitting: Cell::new(false),
                rebuilds: Cell::new(0),
                awaited: Cell::new(None),
                flash: RefCell::new(None),
                this: Weak::clone(this),
            }
        });
        if let Some(observer) = &this.observer {
            observer.observe(parent);
        }
        this.widget().fit();
        this.again();
        this
    }

    /// Its screen on the page.
    pub fn widget(&self) -> Rc<Widget> {
        Rc::clone(&self.widget.borrow())
    }

    pub fn state(&self) -> TerminalState {
        self.state
    }

    /// Which one it is.
    pub fn place(&self) -> (SessionId, TerminalId) {
        (self.session.clone(), self.terminal)
    }

    /// Itself, for what goes on after a call.
    pub fn this(&self) -> Option<Rc<Self>> {
        self.this.upgrade()
    }

    /// Connects again, or opens another shell.
    pub fn again(&self) {
        self.step(Link::again);
    }

    /// Asks to drive.
    pub fn take_control(&self) {
        self.control(&ClientFrame::TakeControl);
    }

    /// Its pane is shown or not.
    pub fn show(&self, shown: bool) {
        self.shown.set(shown);
        self.turn.show(shown);
        self.look();
    }

    pub fn seen(&self, visible: bool) {
        self.step(|link| link.seen(visible));
        if visible {
            self.look();
            self.probe();
        }
    }

    pub fn runs(&self, runs: bool) {
        self.step(|link| link.runs(runs));
    }

    pub fn online(&self, online: bool) {
        self.step(|link| link.online(online));
        if online {
            self.probe();
        }
    }

    /// Brings the keyboard here, unless that would bring one up on the screen.
    pub fn focus_by_itself(&self) {
        if !has_touch() {
            self.widget().focus();
        }
    }

    pub fn recolour(&self) {
        self.widget().recolour();
    }

    /// Takes other preferences, in the next frame: the page's tokens follow them, too.
    pub fn prefer(&self) {
        let prefer = with(&self.this, |this, ()| {
            this.widget().prefer(&this.preferences.signal().get_untracked());
            this.take_room();
        });
        request_animation_frame(move || prefer(()));
    }

    /// Fits to the place it has, or shows all of what somebody else drives.
    fn take_room(&self) {
        let widget = self.widget();
        if self.work.borrow().drives {
            widget.fit();
        } else {
            widget.watch(widget.size());
        }
    }

    /// Fits to the parent in the next frame; many calls before it are one.
    pub fn fit_soon(&self) {
        if self.fitting.replace(true) {
            return;
        }
        let fit = with(&self.this, |this, ()| {
            this.fitting.set(false);
            this.take_room();
        });
        request_animation_frame(move || fit(()));
    }

    /// Tells the link something, and does what it wants.
    pub(super) fn step(&self, event: impl FnOnce(&mut Link) -> Command) {
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
            self.widget().fit();
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

    fn resized(&self, size: Size) {
        if self.work.borrow().drives {
            self.control(&ClientFrame::Resize { cols: size.cols, rows: size.rows });
        }
    }

    /// Sends input as it is.
    pub fn type_bytes(&self, bytes: &[u8]) {
        if let Some(socket) = &self.work.borrow().socket {
            socket.input(bytes);
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

/// What a widget of this terminal tells goes to it.
fn handlers(this: &Weak<LiveTerminal>) -> Handlers {
    Handlers {
        text: Box::new(with(this, |this, text: String| this.sent(&text))),
        binary: Box::new(with(this, |this, text: String| this.type_bytes(&input::from_binary_string(&text)))),
        resized: Box::new(with(this, |this, size| this.resized(size))),
        parsed: Box::new({
            let parsed = with(this, |this, ()| this.parsed());
            move || parsed(())
        }),
        failed: Box::new(with(this, |this, _: String| this.failed())),
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
