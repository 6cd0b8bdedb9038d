//! Who gets a key that is pressed in a terminal before its program does.
//!
//! xterm.js lets one function look at each key first. This is that function: it asks a list of
//! handlers in turn. The page's shortcuts are heard before, by the window.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::KeyboardEvent;

#[wasm_bindgen]
extern "C" {
    type KeyTerminal;

    #[wasm_bindgen(method, js_name = attachCustomKeyEventHandler)]
    fn attach(this: &KeyTerminal, handler: &js_sys::Function);

    /// Where keys arrive, and what assistive technology reads of.
    #[wasm_bindgen(method, getter)]
    fn textarea(this: &KeyTerminal) -> Option<web_sys::Element>;
}

/// How to get out of a terminal by keys, since Tab is its program's; see `commands`.
const WAY_OUT: &str = "Press Ctrl+Shift+M to leave the terminal with the keyboard.";

/// What a handler says of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not mine: the next handler is asked, and at last the program.
    Next,
    /// Done: nobody else gets it, the browser neither.
    Taken,
    /// The browser shall do what it does with it, and the program doesn't get it.
    Browser,
}

type Handler = Rc<dyn Fn(&KeyboardEvent) -> Verdict>;

/// The keys of one terminal. Kept for as long as the terminal.
pub struct Keyboard {
    handlers: Rc<RefCell<Vec<Handler>>>,
    _asked: Closure<dyn Fn(KeyboardEvent) -> bool>,
}

impl Keyboard {
    /// Looks at each key of `terminal`, an xterm.js `Terminal`, from now on.
    pub fn of(terminal: &JsValue) -> Self {
        let handlers = Rc::new(RefCell::new(Vec::<Handler>::new()));
        let own = Rc::clone(&handlers);
        let asked = Closure::<dyn Fn(KeyboardEvent) -> bool>::new(move |event: KeyboardEvent| ask(&own, &event));
        let terminal: &KeyTerminal = terminal.unchecked_ref();
        terminal.attach(asked.as_ref().unchecked_ref());
        if let Some(textarea) = terminal.textarea() {
            // A constant, valid name.
            let _ = textarea.set_attribute("aria-description", WAY_OUT);
        }
        Self { handlers, _asked: asked }
    }

    /// Asks `handler` after those that were added before.
    pub fn add(&self, handler: impl Fn(&KeyboardEvent) -> Verdict + 'static) {
        self.handlers.borrow_mut().push(Rc::new(handler));
    }
}

/// Whether xterm.js shall go on with the key.
fn ask(own: &RefCell<Vec<Handler>>, event: &KeyboardEvent) -> bool {
    // A composition's keys are text on the way.
    if event.type_() != "keydown" || event.is_composing() {
        return true;
    }
    // Cloned out, so that a handler may add one.
    let asked: Vec<Handler> = own.borrow().iter().map(Rc::clone).collect();
    match asked.iter().map(|handler| handler(event)).find(|verdict| *verdict != Verdict::Next) {
        None | Some(Verdict::Next) => true,
        Some(Verdict::Taken) => {
            event.prevent_default();
            event.stop_propagation();
            false
        }
        Some(Verdict::Browser) => false,
    }
}
