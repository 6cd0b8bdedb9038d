//! The page's one budget for parsing: asks the pacer whose turn it is, and hands pieces over.

use std::cell::{Cell, RefCell};
use std::rc::Weak;

use leptos::prelude::window;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use super::live_terminal::LiveTerminal;
use super::xterm;
use crate::terminal::pacer::{Next, Pacer};

thread_local! {
    static PACER: RefCell<Pacer> = const { RefCell::new(Pacer::new()) };
    static TERMINALS: RefCell<Vec<(u32, Weak<LiveTerminal>)>> = const { RefCell::new(Vec::new()) };
    static NEXT_ID: Cell<u32> = const { Cell::new(0) };
    static STATE: Cell<State> = const { Cell::new(State::Idle) };
    /// Called after a frame, for as long as the page lasts.
    static AFTER_FRAME: Closure<dyn Fn()> = Closure::new(|| {
        STATE.set(State::Idle);
        PACER.with_borrow_mut(Pacer::drawn);
        run();
    });
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Idle,
    Running,
    /// Goes on after the next frame.
    Waiting,
}

/// A terminal's place in the queue, until dropped.
pub struct Turn(u32);

impl Turn {
    pub fn of(live: &Weak<LiveTerminal>) -> Self {
        let id = NEXT_ID.replace(NEXT_ID.get().wrapping_add(1));
        TERMINALS.with_borrow_mut(|terminals| terminals.push((id, Weak::clone(live))));
        PACER.with_borrow_mut(|pacer| pacer.enter(id));
        Self(id)
    }

    pub fn show(&self, shown: bool) {
        PACER.with_borrow_mut(|pacer| pacer.show(self.0, shown));
    }

    /// So many bytes came for a terminal, which hands them over when it is its turn: now, if the
    /// page has time.
    pub fn came(&self, bytes: usize) {
        let ahead = PACER.with_borrow_mut(|pacer| pacer.goes_ahead(self.0, bytes));
        PACER.with_borrow_mut(|pacer| pacer.waits(self.0, true));
        match STATE.get() {
            State::Idle => run(),
            State::Waiting if ahead => hand_over(self.0),
            State::Waiting | State::Running => {}
        }
    }

    /// A piece that was still under way is parsed.
    pub fn freed(&self, waits: bool) {
        PACER.with_borrow_mut(|pacer| pacer.waits(self.0, waits));
        if STATE.get() == State::Idle {
            run();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        PACER.with_borrow_mut(|pacer| pacer.leave(self.0));
        TERMINALS.with_borrow_mut(|terminals| terminals.retain(|(id, _)| *id != self.0));
    }
}

fn run() {
    STATE.set(State::Running);
    loop {
        match PACER.with_borrow_mut(|pacer| pacer.next(now())) {
            Next::Piece(id) => hand_over(id),
            Next::Nothing => return STATE.set(State::Idle),
            Next::Frame => {
                STATE.set(State::Waiting);
                return AFTER_FRAME.with(|run| xterm::after_frame(run.as_ref().unchecked_ref()));
            }
        }
    }
}

fn hand_over(id: u32) {
    let terminal = TERMINALS.with_borrow(|terminals| {
        terminals.iter().find(|(own, _)| *own == id).and_then(|(_, terminal)| terminal.upgrade())
    });
    let began = now();
    let waits = terminal.is_some_and(|terminal| terminal.write_piece());
    PACER.with_borrow_mut(|pacer| {
        pacer.ran(began, now());
        pacer.waits(id, waits);
    });
}

/// Milliseconds since the page began.
fn now() -> f64 {
    window().performance().map_or_else(js_sys::Date::now, |performance| performance.now())
}
