//! The page's shortcuts: heard before whatever has the keyboard, a terminal above all.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, KeyboardEvent};

use crate::browser::is_mac;
use crate::components::session_page::{Panel, SessionPage};
use crate::terminal::commands::Command;
use crate::terminal::commands::chord::Press;

/// Hears them until the owner is gone.
pub fn follow_shortcuts(page: SessionPage) {
    // Closures made by an event outlive no page: the owner drops this one.
    let hear = Closure::<dyn Fn(KeyboardEvent)>::new(move |event: KeyboardEvent| {
        if obey(page, &event) {
            event.prevent_default();
            event.stop_propagation();
        }
    });
    let window = window();
    let hears: &js_sys::Function = hear.as_ref().unchecked_ref();
    // Of a constant, valid name.
    let _ = window.add_event_listener_with_callback_and_bool("keydown", hears, true);
    let kept = StoredValue::new_local(hear);
    on_cleanup(move || {
        let _ = kept.try_with_value(|hear| {
            window.remove_event_listener_with_callback_and_bool("keydown", hear.as_ref().unchecked_ref(), true)
        });
    });
}

/// Does what a key means; says whether it meant anything.
fn obey(page: SessionPage, event: &KeyboardEvent) -> bool {
    // The keys of a composition, and those that AltGr makes a sign of, are text.
    if event.is_composing() || event.get_modifier_state("AltGraph") {
        return false;
    }
    let (key, code) = (event.key(), event.code());
    let press = Press {
        key: &key,
        code: &code,
        ctrl: event.ctrl_key(),
        alt: event.alt_key(),
        shift: event.shift_key(),
        meta: event.meta_key(),
    };
    let place = place(event);
    let command = match Command::of(&press, is_mac()) {
        Some(command) => command,
        None if key == "?" && place == Place::Page && !(press.ctrl || press.alt || press.meta) => Command::Shortcuts,
        None => return false,
    };
    // What lies over the page has the keyboard to itself, but for the keys that opened it.
    if document().query_selector("dialog:modal").is_ok_and(|open| open.is_some()) {
        let again = command == Command::Palette && page.panel.get_untracked() == Some(Panel::Palette);
        if again {
            page.panel.set(None);
            page.focus();
        }
        return again;
    }
    if place == Place::Field && !command.works_in_fields() {
        return false;
    }
    // One that is held down would open six terminals.
    if !event.repeat() || command.repeats() {
        page.run(command);
    }
    true
}

/// What has the keyboard.
#[derive(PartialEq, Eq)]
enum Place {
    Terminal,
    Field,
    Page,
}

fn place(event: &KeyboardEvent) -> Place {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is = |selector: &str| target.as_ref().is_some_and(|target| target.matches(selector).unwrap_or(false));
    if is(".xterm-helper-textarea") {
        Place::Terminal
    } else if is("input, textarea, select, [contenteditable]") {
        Place::Field
    } else {
        Place::Page
    }
}
