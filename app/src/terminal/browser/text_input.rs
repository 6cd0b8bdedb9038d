//! The field that xterm.js hears keys from, with [`TextInput`] between it and xterm.js.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlTextAreaElement, InputEvent, KeyboardEvent};

use super::listeners::Listeners;
use crate::browser::{SETTLE, has_touch};
use crate::terminal::keys::{Key, Modifiers};
use crate::terminal::state::TerminalState;
use crate::terminal::text_input::{Answer, Charge, Event, Pass, SENTINEL, Send, TextInput};

/// What keyboards are asked not to do. Some do it all the same.
const ATTRIBUTES: [(&str, &str); 7] = [
    ("autocomplete", "off"),
    ("autocorrect", "off"),
    ("autocapitalize", "off"),
    ("spellcheck", "false"),
    ("writingsuggestions", "false"),
    ("inputmode", "text"),
    ("enterkeyhint", "enter"),
];

/// The field of the terminal in `parent`.
pub fn field_of(parent: &HtmlElement) -> Option<HtmlTextAreaElement> {
    parent.query_selector(".xterm-helper-textarea").ok()??.dyn_into().ok()
}

struct Field {
    field: HtmlTextAreaElement,
    /// Where what is composed is shown.
    view: Option<HtmlElement>,
    input: RefCell<TextInput>,
    state: TerminalState,
}

/// Puts the reducer before xterm.js, in the terminal in `parent`.
pub fn attach(parent: &HtmlElement, state: TerminalState) -> Option<Listeners> {
    let field = field_of(parent)?;
    for (name, value) in ATTRIBUTES {
        // Constant, valid names.
        let _ = field.set_attribute(name, value);
    }
    let charge = if has_touch() { Charge::Always } else { Charge::Composing };
    let view = parent.query_selector(".composition-view").ok().flatten();
    let field = Rc::new(Field {
        view: view.and_then(|view| view.dyn_into().ok()),
        input: RefCell::new(TextInput::new(charge, charge == Charge::Always && is_apple())),
        state,
        field,
    });
    if charge == Charge::Always {
        field.reset();
    }

    let mut listeners = Listeners::on(parent);
    let hear = Rc::clone(&field);
    listeners.before("keydown", move |event: KeyboardEvent| {
        let chord = event.ctrl_key() || event.meta_key() || (event.alt_key() && !event.get_modifier_state("AltGraph"));
        hear.hear(&event, Event::KeyDown { key: &event.key(), key_code: event.key_code(), chord });
    });
    let hear = Rc::clone(&field);
    listeners.before("input", move |event: InputEvent| {
        let input_type = js_sys::Reflect::get(&event, &"inputType".into()).ok().and_then(|name| name.as_string());
        let armed = hear.state.modifiers.try_get_untracked().is_some_and(|modifiers| !modifiers.is_none());
        hear.hear(&event, Event::Input { input_type: &input_type.unwrap_or_default(), armed });
    });
    for (name, told) in [
        ("keypress", Event::KeyPress),
        ("compositionstart", Event::CompositionStart),
        ("compositionupdate", Event::CompositionUpdate),
        ("compositionend", Event::CompositionEnd),
        ("paste", Event::Leave),
        ("focus", Event::Focus),
        ("blur", Event::Leave),
        (SETTLE, Event::Leave),
    ] {
        let hear = Rc::clone(&field);
        listeners.before(name, move |event: web_sys::Event| hear.hear(&event, told));
    }
    Some(listeners)
}

impl Field {
    fn hear(&self, event: &web_sys::Event, told: Event<'_>) {
        // The search and other fields may be inside the terminal's place too.
        if event.target().as_ref() != Some(self.field.as_ref()) {
            return;
        }
        let answer = self.input.borrow_mut().hear(told, &self.field.value());
        self.obey(event, answer);
    }

    fn obey(&self, event: &web_sys::Event, answer: Answer) {
        let Answer { send, pass, reset } = answer;
        if reset {
            self.reset();
        }
        if pass != Pass::Xterm {
            event.stop_immediate_propagation();
        }
        if pass == Pass::Nobody {
            event.prevent_default();
        }
        for send in send {
            self.send(send);
        }
        if pass == Pass::Field || reset {
            self.show_pending();
        }
    }

    fn send(&self, send: Send) {
        self.state.with_screen(|screen| match send {
            Send::Text(text) => screen.type_text(&text),
            Send::Backspaces(count) => (0..count).for_each(|_| screen.press(Key::Backspace, Modifiers::NONE)),
            Send::Enter => screen.press(Key::Enter, Modifiers::NONE),
            Send::Paste(text) => screen.paste(&text),
        });
    }

    fn reset(&self) {
        self.field.set_value(SENTINEL);
        let end = u32::try_from(SENTINEL.encode_utf16().count()).ok();
        // A field of text takes any range.
        let _ = self.field.set_selection_start(end);
        let _ = self.field.set_selection_end(end);
    }

    /// Shows what is composed where the cursor is, as xterm.js would.
    fn show_pending(&self) {
        let Some(view) = &self.view else { return };
        let value = self.field.value();
        let input = self.input.borrow();
        let pending = input.pending(&value);
        // A class list takes any name without spaces, and a style any value.
        let _ = view.class_list().toggle_with_force("active", !pending.is_empty());
        if view.text_content().as_deref() != Some(pending) {
            view.set_text_content(Some(pending));
            for side in ["left", "top", "line-height"] {
                let value = HtmlElement::style(&self.field).get_property_value(side).unwrap_or_default();
                let _ = view.style().set_property(side, &value);
            }
        }
    }
}

/// Whether the keyboard is Apple's, which makes typographic quotes and dashes.
fn is_apple() -> bool {
    let agent = window().navigator().user_agent().unwrap_or_default();
    ["iPhone", "iPad", "Macintosh"].iter().any(|device| agent.contains(device))
}
