//! Listeners on an element, for as long as they are kept.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{AddEventListenerOptions, EventTarget};

/// A listener and what it hears.
type Heard = (&'static str, Closure<dyn Fn(web_sys::Event)>);

pub struct Listeners {
    target: EventTarget,
    added: Vec<Heard>,
}

impl Listeners {
    pub fn on(target: &EventTarget) -> Self {
        Self { target: target.clone(), added: Vec::new() }
    }

    /// Hears `name` before whatever is inside the target does, and may prevent what the browser
    /// does with it.
    pub fn before<E: JsCast>(&mut self, name: &'static str, hear: impl Fn(E) + 'static) {
        let heard = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| hear(event.unchecked_into()));
        let options = AddEventListenerOptions::new();
        options.set_capture(true);
        options.set_passive(false);
        let function = heard.as_ref().unchecked_ref();
        // Adding a function to a target that is there can't fail.
        let _ = self.target.add_event_listener_with_callback_and_add_event_listener_options(name, function, &options);
        self.added.push((name, heard));
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        for (name, heard) in &self.added {
            let function = heard.as_ref().unchecked_ref();
            // Nor can removing it.
            let _ = self.target.remove_event_listener_with_callback_and_bool(name, function, true);
        }
    }
}
