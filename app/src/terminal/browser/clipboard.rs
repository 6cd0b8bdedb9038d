//! The clipboard of the person: the keys that copy and paste, and programs that copy (OSC 52).

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use web_sys::KeyboardEvent;
use xterm_js_rs::Disposable;

use super::keyboard::{Keyboard, Verdict};
use super::xterm::Xterm;
use crate::browser::{is_mac, write_clipboard};
use crate::contexts::toasts::Offer;
use crate::terminal::osc52;
use crate::terminal::state::TerminalState;

const OSC_CLIPBOARD: u32 = 52;

#[wasm_bindgen]
extern "C" {
    type Parser;

    #[wasm_bindgen(method, js_name = registerOscHandler)]
    fn register(this: &Parser, number: u32, handler: &js_sys::Function) -> Disposable;
}

/// A terminal's way to the clipboard, until dropped.
pub struct Clipboard {
    subscription: Option<Disposable>,
    _copies: Closure<dyn Fn(String) -> bool>,
}

impl Clipboard {
    pub fn of(terminal: &Xterm, keyboard: &Keyboard, state: TerminalState) -> Self {
        keyboard.add(move |event| on_key(event, state));
        let last = StoredValue::new(None::<u32>);
        let copies = Closure::<dyn Fn(String) -> bool>::new(move |data: String| {
            // A program shows its text to all who watch; whoever drives it gets what it copies.
            if state.driver.try_get_untracked().is_some_and(|driver| driver.you)
                && let Some(text) = osc52::text(&data)
            {
                copy_for_program(text, state, last);
            }
            // Done, whatever it was: to be asked what is on the clipboard is answered by nothing.
            true
        });
        let parser = js_sys::Reflect::get(terminal, &JsValue::from_str("parser")).ok();
        let subscription = parser
            .filter(JsValue::is_object)
            .map(|parser| parser.unchecked_into::<Parser>().register(OSC_CLIPBOARD, copies.as_ref().unchecked_ref()));
        Self { subscription, _copies: copies }
    }
}

impl Drop for Clipboard {
    fn drop(&mut self) {
        if let Some(subscription) = &self.subscription {
            subscription.dispose();
        }
    }
}

/// Ctrl+C copies what is selected and interrupts otherwise. Ctrl+Shift+C and, on a Mac, ⌘C always
/// copy; Ctrl+Shift+V is left to the browser, which pastes without asking anybody for leave.
fn on_key(event: &KeyboardEvent, state: TerminalState) -> Verdict {
    if event.alt_key() {
        return Verdict::Next;
    }
    let is = |letter: &str, code: &str| {
        let key = event.key();
        // On a keyboard of another script the key is told by its place.
        if key.is_ascii() { key.eq_ignore_ascii_case(letter) } else { event.code() == code }
    };
    let (ctrl, shift, command) = (event.ctrl_key(), event.shift_key(), event.meta_key() && is_mac());
    if is("v", "KeyV") && ((ctrl && shift && !command) || (command && !ctrl)) {
        return Verdict::Browser;
    }
    if !is("c", "KeyC") {
        return Verdict::Next;
    }
    let copy = || state.with_screen(|screen| screen.copy_selection()).unwrap_or(false);
    match (ctrl, shift, command) {
        (true, false, false) if state.has_selection.get_untracked() && copy() => {
            // So that the next one interrupts.
            state.with_screen(|screen| screen.clear_selection());
            Verdict::Taken
        }
        (true, true, false) | (false, _, true) => {
            copy();
            Verdict::Taken
        }
        _ => Verdict::Next,
    }
}

/// Puts a program's text on the clipboard, or lets the person do it where the browser lets only
/// them: in a page that isn't looked at, or that may not.
fn copy_for_program(text: String, state: TerminalState, last: StoredValue<Option<u32>>) {
    let written = document().has_focus().unwrap_or(false).then(|| write_clipboard(&text)).flatten();
    spawn_local(async move {
        if let Some(written) = written
            && written.await.is_ok()
        {
            return;
        }
        // One offer at a time: the last text is the one that counts.
        if let Some(Some(before)) = last.try_get_value() {
            state.toasts.dismiss(before);
        }
        let offer = state.toasts.offer("A program wants to copy text to your clipboard.", Some(Offer::Copy(text)));
        let _ = last.try_set_value(Some(offer));
    });
}
