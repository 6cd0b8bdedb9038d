//! What a page shows of a terminal beside its screen, and what it asks of it.

#![cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "a server only keeps a place for it"))]

#[cfg(feature = "hydrate")]
use std::rc::Rc;

use leptos::prelude::*;
use protocol::TerminalId;

use super::keys::Modifiers;
use super::link::Status;
use super::screen::{Found, Screen};
use crate::contexts::toasts::Toasts;

/// How a terminal's process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    pub code: Option<i32>,
    pub signal: Option<i32>,
}

impl Exit {
    /// What happened, in a sentence.
    pub fn sentence(self) -> String {
        match (self.code, self.signal) {
            (_, Some(signal)) => format!("The process was ended by signal {signal}."),
            (Some(code), None) => format!("The process ended with exit code {code}."),
            (None, None) => "The process ended.".to_owned(),
        }
    }
}

/// Who drives a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Driver {
    pub you: bool,
    /// How many are connected.
    pub count: u32,
}

/// A sign-in page that a program wants opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// `http` or `https`.
    pub url: String,
    /// The port inside the container that the page will lead back to, where its address says one.
    pub callback_port: Option<u16>,
}

/// One terminal, as signals.
#[derive(Debug, Clone, Copy)]
pub struct TerminalState {
    pub status: RwSignal<Status>,
    pub process: RwSignal<String>,
    /// What its program calls itself (OSC 0 or 2); text, never markup.
    pub title: RwSignal<String>,
    /// The directory its shell last told of (OSC 7).
    pub cwd: RwSignal<Option<String>>,
    pub driver: RwSignal<Driver>,
    /// Whether it rang or notified while it was not looked at.
    pub calls: RwSignal<bool>,
    /// Whether something is selected.
    pub has_selection: RwSignal<bool>,
    /// Whether a finger has selected something, and what to do with it is offered.
    pub touch_selection: RwSignal<bool>,
    /// What the last search found.
    pub found: RwSignal<Found>,
    /// A paste of several lines that waits for the person's word.
    pub paste_question: RwSignal<Option<String>>,
    /// The address of a link that a finger followed without having seen it; it waits for the person's word.
    pub link_question: RwSignal<Option<String>>,
    /// The sign-in page that a program printed last, until it is dealt with.
    pub sign_in: RwSignal<Option<SignIn>>,
    /// Files on their way into the container.
    pub uploads: RwSignal<u32>,
    /// Whether files are held over it, to be dropped.
    pub dropping: RwSignal<bool>,
    /// Where it says what went wrong, and what a program wants told.
    pub toasts: Toasts,
    /// The message of its last notification.
    pub notice: StoredValue<Option<u32>>,
    /// Sticky modifiers of the key bar, for the next key.
    pub modifiers: RwSignal<Modifiers>,
    /// The terminal itself, once it is on the page.
    /// A server has none, and drops the rest on whichever thread it likes.
    #[cfg(feature = "hydrate")]
    pub screen: StoredValue<Option<Rc<dyn Screen>>, LocalStorage>,
    /// How its last process ended, until another is there.
    pub exit: RwSignal<Option<Exit>>,
    /// Why xterm.js could not be loaded.
    pub broken: RwSignal<Option<String>>,
    /// Asks for a connection: to try again, or to open another shell.
    pub again: Trigger,
    /// Asks to drive.
    pub take_control: Trigger,
    /// Asks for the keyboard.
    pub focus: Trigger,
    /// Whether the keyboard stays with the tab when it is shown: it was reached by keys, and the
    /// next key may lead on.
    pub keeps_focus_in_tab: StoredValue<bool>,
}

impl TerminalState {
    pub fn new() -> Self {
        Self {
            status: RwSignal::new(Status::Idle),
            process: RwSignal::new(String::new()),
            title: RwSignal::new(String::new()),
            cwd: RwSignal::new(None),
            driver: RwSignal::new(Driver { you: true, count: 0 }),
            calls: RwSignal::new(false),
            has_selection: RwSignal::new(false),
            touch_selection: RwSignal::new(false),
            found: RwSignal::new(Found::default()),
            paste_question: RwSignal::new(None),
            link_question: RwSignal::new(None),
            sign_in: RwSignal::new(None),
            uploads: RwSignal::new(0),
            dropping: RwSignal::new(false),
            toasts: Toasts::get(),
            notice: StoredValue::new(None),
            modifiers: RwSignal::new(Modifiers::NONE),
            #[cfg(feature = "hydrate")]
            screen: StoredValue::new_local(None),
            exit: RwSignal::new(None),
            broken: RwSignal::new(None),
            again: Trigger::new(),
            take_control: Trigger::new(),
            focus: Trigger::new(),
            keeps_focus_in_tab: StoredValue::new(false),
        }
    }
}

impl TerminalState {
    /// Does something with the terminal, if it is on the page.
    #[cfg(feature = "hydrate")]
    pub fn with_screen<T>(self, act: impl FnOnce(&dyn Screen) -> T) -> Option<T> {
        // Cloned out, so that what it leads to may reach the stored value again.
        let screen = self.screen.try_with_value(Option::clone).flatten();
        screen.map(|screen| act(&*screen))
    }

    /// A server has no terminal on a page.
    #[cfg(not(feature = "hydrate"))]
    pub fn with_screen<T>(self, _: impl FnOnce(&dyn Screen) -> T) -> Option<T> {
        None
    }
}

/// The state of each terminal that a session may have.
#[derive(Clone, Copy)]
pub struct TerminalStates([TerminalState; TerminalId::MAX as usize]);

impl TerminalStates {
    pub fn new() -> Self {
        Self(std::array::from_fn(|_| TerminalState::new()))
    }

    pub fn of(self, id: TerminalId) -> TerminalState {
        // Ids are 1–6 by their type.
        self.0[usize::from(id.get()) - 1]
    }
}
