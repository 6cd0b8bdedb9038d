//! What the page does to a live terminal.

use leptos::prelude::*;

use super::LiveTerminal;
use crate::terminal::browser::{links, paste};
use crate::terminal::keys::{Key, Modifiers, encode};
use crate::terminal::screen::{Direction, Query, Screen};
use crate::terminal::sticky;

impl Screen for LiveTerminal {
    fn type_text(&self, text: &str) {
        // Comes back as what is typed, and takes sticky modifiers there.
        self.widget().input(text);
    }

    fn press(&self, key: Key, modifiers: Modifiers) {
        let sticky = self.take_modifiers();
        let held = Modifiers {
            ctrl: modifiers.ctrl || sticky.ctrl,
            alt: modifiers.alt || sticky.alt,
            shift: modifiers.shift || sticky.shift,
        };
        self.widget().input(&encode(key, held, self.widget().has_application_cursor_keys()));
    }

    fn paste(&self, text: &str) {
        paste::paste(self, text);
    }

    fn answer_paste(&self, agreed: bool) {
        paste::answer(self, agreed);
    }

    fn answer_link(&self, agreed: bool) {
        let waiting = self.state.link_question.try_update(Option::take).flatten();
        if let Some(url) = waiting.filter(|_| agreed) {
            // Asked about, it is one to open.
            links::open(&url);
        }
    }

    fn paste_clipboard(&self) {
        paste::paste_clipboard(self);
    }

    fn copy_selection(&self) -> bool {
        paste::copy_selection(self)
    }

    fn select_all(&self) {
        self.widget().select_all();
    }

    fn clear_selection(&self) {
        self.widget().clear_selection();
    }

    fn clear(&self) {
        self.widget().clear();
    }

    fn find(&self, query: &Query, direction: Direction) {
        self.widget().search.find(query, direction);
    }

    fn end_find(&self) {
        self.widget().search.end();
    }

    fn scroll(&self, lines: i32) {
        self.widget().scroll(lines);
    }

    fn scroll_to_end(&self) {
        self.widget().scroll_to_end();
    }

    fn focus(&self) {
        self.widget().focus();
    }

    fn blur(&self) {
        self.widget().blur();
    }
}

impl LiveTerminal {
    /// xterm.js sends text: keys, a paste, or a report that a program asked for.
    pub(super) fn sent(&self, text: &str) {
        self.key_sent();
        let modifiers = self.state.modifiers.try_get_untracked().unwrap_or_default();
        match sticky::apply(text, modifiers, self.widget().has_application_cursor_keys()) {
            Some(modified) => {
                self.take_modifiers();
                self.type_bytes(modified.as_bytes());
            }
            None => self.type_bytes(text.as_bytes()),
        }
    }

    /// The sticky modifiers, which this uses up.
    fn take_modifiers(&self) -> Modifiers {
        let modifiers = self.state.modifiers.try_get_untracked().unwrap_or_default();
        if !modifiers.is_none() {
            let _ = self.state.modifiers.try_set(Modifiers::NONE);
        }
        modifiers
    }
}
