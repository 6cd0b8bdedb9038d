//! What a page shows of a terminal beside its screen, and what it asks of it.

use leptos::prelude::*;
use protocol::TerminalId;

use super::link::Status;

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

/// One terminal, as signals.
#[derive(Debug, Clone, Copy)]
pub struct TerminalState {
    pub status: RwSignal<Status>,
    pub process: RwSignal<String>,
    pub driver: RwSignal<Driver>,
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
            driver: RwSignal::new(Driver { you: true, count: 0 }),
            exit: RwSignal::new(None),
            broken: RwSignal::new(None),
            again: Trigger::new(),
            take_control: Trigger::new(),
            focus: Trigger::new(),
            keeps_focus_in_tab: StoredValue::new(false),
        }
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
