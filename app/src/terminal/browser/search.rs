//! The search of one terminal's screen and scrollback. Its module is fetched at the first one.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use super::xterm::{self, SearchAddon};
use crate::terminal::screen::{Direction, Found, Query};

pub struct Search {
    terminal: JsValue,
    found: RwSignal<Found>,
    addon: RefCell<Option<SearchAddon>>,
    /// What the addon was asked last. It counts anew for another text, but not for other options.
    asked: RefCell<Query>,
    /// What was asked last, while the module is on its way; the latest wins.
    waiting: RefCell<Option<(Query, Direction)>>,
    loading: Cell<bool>,
    /// Called by the addon for as long as the terminal lasts.
    told: Closure<dyn Fn(f64, f64)>,
    this: Weak<Self>,
}

impl Search {
    /// The search of `terminal`, an xterm.js `Terminal`; its answers go to `found`.
    pub fn of(terminal: &JsValue, found: RwSignal<Found>) -> Rc<Self> {
        Rc::new_cyclic(|this| Self {
            terminal: terminal.clone(),
            found,
            addon: RefCell::new(None),
            asked: RefCell::new(Query::default()),
            waiting: RefCell::new(None),
            loading: Cell::new(false),
            told: Closure::new(move |index: f64, count: f64| {
                // The page may be gone before its last search is.
                let _ = found.try_set(Found { index: (index + 1.0) as u32, count: count as u32 });
            }),
            this: Weak::clone(this),
        })
    }

    pub fn find(&self, query: &Query, direction: Direction) {
        if query.text.is_empty() {
            self.end();
        } else if let Some(addon) = &*self.addon.borrow() {
            self.ask(addon, query, direction);
        } else {
            *self.waiting.borrow_mut() = Some((query.clone(), direction));
            self.load();
        }
    }

    pub fn end(&self) {
        *self.waiting.borrow_mut() = None;
        if let Some(addon) = &*self.addon.borrow() {
            addon.clear_decorations();
        }
        let _ = self.found.try_set(Found::default());
    }

    fn ask(&self, addon: &SearchAddon, query: &Query, direction: Direction) {
        if self.asked.replace(query.clone()) != *query {
            addon.clear_decorations();
        }
        let options = js_sys::Object::new();
        xterm::set(&options, "regex", query.regex);
        xterm::set(&options, "wholeWord", query.whole_word);
        xterm::set(&options, "caseSensitive", query.case_sensitive);
        xterm::set(&options, "incremental", direction == Direction::Here);
        xterm::set(&options, "decorations", xterm::search_marks());
        let asked = match direction {
            Direction::Next | Direction::Here => addon.find_next(&query.text, &options),
            Direction::Previous => addon.find_previous(&query.text, &options),
        };
        if asked.is_err() {
            // A regular expression that isn't finished yet: nothing matches it.
            addon.clear_decorations();
            let _ = self.found.try_set(Found::default());
        }
    }

    fn load(&self) {
        if self.loading.replace(true) {
            return;
        }
        let Some(this) = self.this.upgrade() else { return };
        spawn_local(async move {
            let addon = xterm::search(&this.terminal, this.told.as_ref().unchecked_ref()).await;
            this.loading.set(false);
            // Without its module nothing is found; the next search fetches it again.
            let Ok(addon) = addon else { return };
            *this.addon.borrow_mut() = Some(addon.unchecked_into());
            let waiting = this.waiting.borrow_mut().take();
            if let Some((query, direction)) = waiting {
                this.find(&query, direction);
            }
        });
    }
}
