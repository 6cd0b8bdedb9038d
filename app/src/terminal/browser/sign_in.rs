//! Looks for a sign-in page among what a program printed last.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use xterm_js_rs::Disposable;

use super::buffer;
use super::links::normal;
use super::xterm::Xterm;
use crate::terminal::links::find;
use crate::terminal::sign_in::recognise;
use crate::terminal::state::{SignIn, TerminalState};

/// How long after output the screen is read, milliseconds: an address comes in pieces, and a flood
/// is not worth reading more often.
const LOOK_AFTER_MS: u32 = 400;
/// How many rows are read, up from the end of the screen. A phone wraps a long address into twenty.
const ROWS: u32 = 60;

#[wasm_bindgen]
extern "C" {
    type WatchedTerminal;

    #[wasm_bindgen(method, js_name = onWriteParsed)]
    fn on_write_parsed(this: &WatchedTerminal, parsed: &js_sys::Function) -> Disposable;

    #[wasm_bindgen(method, getter)]
    fn cols(this: &WatchedTerminal) -> u16;

    #[wasm_bindgen(method, getter)]
    fn rows(this: &WatchedTerminal) -> u32;
}

/// Watches one terminal, until dropped.
pub struct SignIns {
    /// The look that is due; it holds the terminal, and must not outlast it.
    timer: Rc<RefCell<Option<Timeout>>>,
    subscription: Disposable,
    _parsed: Closure<dyn Fn()>,
}

impl SignIns {
    pub fn of(terminal: &Xterm, state: TerminalState) -> Self {
        let timer = Rc::new(RefCell::new(None::<Timeout>));
        // The page that was told of last: dismissed, it doesn't come again for as long as it is
        // on the screen.
        let last = Rc::new(RefCell::new(None::<SignIn>));
        let parsed = Closure::<dyn Fn()>::new({
            let (terminal, timer) = (terminal.clone(), Rc::clone(&timer));
            move || {
                let mut waiting = timer.borrow_mut();
                if waiting.is_some() {
                    return;
                }
                let (terminal, last, timer) = (terminal.clone(), Rc::clone(&last), Rc::clone(&timer));
                *waiting = Some(Timeout::new(LOOK_AFTER_MS, move || {
                    timer.take();
                    look(&terminal, state, &last);
                }));
            }
        });
        let watched: &WatchedTerminal = terminal.unchecked_ref();
        Self { timer, subscription: watched.on_write_parsed(parsed.as_ref().unchecked_ref()), _parsed: parsed }
    }
}

impl Drop for SignIns {
    fn drop(&mut self) {
        self.subscription.dispose();
        self.timer.take();
    }
}

fn look(terminal: &Xterm, state: TerminalState, last: &RefCell<Option<SignIn>>) {
    let watched: &WatchedTerminal = terminal.unchecked_ref();
    let buffer = buffer::of(terminal);
    let end = buffer.base() + watched.rows();
    let rows = buffer.rows(end.saturating_sub(ROWS), end);
    // The last one counts: a program that tries again prints another.
    let found = find(&rows, watched.cols()).iter().rev().find_map(|link| recognise(&normal(&link.url)?));
    // A redraw may hide it for a moment; what was dismissed doesn't come back for that.
    if found.is_some() && *last.borrow() != found {
        last.replace(found.clone());
        // The page may be gone.
        let _ = state.sign_in.try_set(found);
    }
}
