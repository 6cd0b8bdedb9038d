//! What a person does on a session's page, whichever way they ask: by keys, palette, menu or press.
#![cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "a server leaves the workbench's place empty"))]

use leptos::html::Span;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::TerminalId;
use wasm_bindgen::JsCast;

use super::session_actions::{Act, SessionActions};
use crate::api::terminal::close_terminal;
use crate::browser::has_touch;
use crate::contexts::desk::{Desk, Over};
use crate::contexts::panels::{self, Panels};
use crate::contexts::preferences::CurrentPreferences;
use crate::contexts::toasts::Toasts;
use crate::model::error::ErrorCode;
use crate::model::preferences::{MAX_FONT_SIZE, MIN_FONT_SIZE, usual_font_size};
use crate::model::session::{Session, SessionState};
use crate::terminal::commands::{Command, Situation};
use crate::terminal::layout::Layout;
use crate::terminal::screen::Screen;
use crate::terminal::state::{TerminalState, TerminalStates};
use crate::terminal::tabs::Tabs;

/// What lies over the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panel {
    Palette,
    Shortcuts,
}

/// What comes of what the server tells of the session.
#[derive(Clone, Copy)]
pub struct SessionEvents {
    pub session: RwSignal<Session>,
    /// Whether its deletion was asked for here.
    pub is_deleting: Signal<bool>,
    /// Leads away when it is gone.
    pub leave: Callback<()>,
}

/// A session's page.
#[derive(Clone, Copy)]
pub struct SessionPage {
    pub session: Signal<Session>,
    pub running: Signal<bool>,
    pub actions: SessionActions,
    pub tabs: RwSignal<Tabs>,
    pub states: TerminalStates,
    /// Whether there is room for one terminal only.
    pub narrow: RwSignal<bool>,
    pub panel: RwSignal<Option<Panel>>,
    /// The terminal that is searched.
    pub searching: RwSignal<Option<TerminalId>>,
    /// Asks for the keyboard in the search.
    pub search: Trigger,
    /// Where the bar says what is told of the session while it runs.
    pub bar: NodeRef<Span>,
    /// What those who don't see the page are told.
    pub said: RwSignal<String>,
    go: Callback<String>,
    panels: Panels,
    desk: Desk,
    preferences: CurrentPreferences,
    toasts: Toasts,
}

impl SessionPage {
    /// `go` leads to another address.
    pub fn new(session: Signal<Session>, running: Signal<bool>, actions: SessionActions, go: Callback<String>) -> Self {
        Self {
            session,
            running,
            actions,
            tabs: RwSignal::new(Tabs::default()),
            states: TerminalStates::new(),
            narrow: RwSignal::new(false),
            panel: RwSignal::new(None),
            searching: RwSignal::new(None),
            search: Trigger::new(),
            bar: NodeRef::new(),
            said: RwSignal::new(String::new()),
            go,
            panels: Panels::get(),
            desk: Desk::get(),
            preferences: CurrentPreferences::get(),
            toasts: Toasts::get(),
        }
    }

    /// The layout that the page has room for.
    pub fn layout(self) -> Layout {
        if self.narrow.get() { Layout::Tabbed } else { self.tabs.with(Tabs::layout) }
    }

    /// The terminals that are on the page, in order.
    pub fn shown(self) -> Vec<TerminalId> {
        if self.narrow.get() {
            vec![self.tabs.with(Tabs::active)]
        } else {
            self.tabs.with(|tabs| tabs.shown().collect())
        }
    }

    fn active(self) -> TerminalId {
        self.tabs.with_untracked(Tabs::active)
    }

    fn active_state(self) -> TerminalState {
        self.states.of(self.active())
    }

    fn on_screen(self, act: impl FnOnce(&dyn Screen)) {
        self.active_state().with_screen(|screen| act(screen));
    }

    /// Shows `id` and gives it the keyboard.
    pub fn show(self, id: TerminalId) {
        self.states.of(id).keeps_focus_in_tab.set_value(false);
        self.tabs.update(|tabs| tabs.activate(id));
        self.states.of(id).focus.notify();
    }

    /// Gives the keyboard to the terminal that had it last.
    pub fn focus(self) {
        self.show(self.active());
    }

    /// Closes a terminal but the first, and what runs in it.
    pub fn close(self, id: TerminalId) {
        if id == TerminalId::FIRST {
            return;
        }
        self.tabs.update(|tabs| tabs.close(id));
        if self.searching.get_untracked() == Some(id) {
            self.searching.set(None);
        }
        let (session, toasts) = (self.session.with_untracked(|session| session.id.clone()), self.toasts);
        spawn_local(async move {
            match close_terminal(session, id).await {
                Ok(()) => {}
                // Its process ended before, or the session stopped: closed is what was asked.
                Err(error) if matches!(error.code, ErrorCode::NotFound | ErrorCode::Conflict) => {}
                Err(error) => toasts.fail("The terminal's programs may still run", &error),
            }
        });
    }

    /// Moves a tab, and says where it went; the keyboard stays where it was.
    pub fn move_tab(self, id: TerminalId, by: isize) {
        let focused = document().active_element().filter(|focused| focused.id() == tab_id(id));
        if self.tabs.try_update(|tabs| tabs.move_by(id, by)) == Some(true) {
            self.say_place(id);
            // The tab is taken off the page and put back elsewhere, which costs it the keyboard.
            if focused.is_some() {
                request_animation_frame(move || focus_tab(id));
            }
        }
    }

    pub fn say_place(self, id: TerminalId) {
        let (place, count) = self.tabs.with_untracked(|tabs| (tabs.place(id).unwrap_or(0) + 1, tabs.open().len()));
        self.said.set(format!("Terminal {id} is at place {place} of {count}."));
    }

    fn arrange(self, layout: Layout) {
        self.tabs.update(|tabs| tabs.arrange(layout));
        self.said.set(format!("Layout: {}.", layout.title()));
        self.focus();
    }

    fn change_font(self, by: i8) {
        self.preferences.change(move |preferences| {
            let size = preferences.font_size.unwrap_or_else(|| usual_font_size(has_touch()));
            preferences.font_size = Some(size.saturating_add_signed(by).clamp(MIN_FONT_SIZE, MAX_FONT_SIZE));
        });
    }

    /// What commands are asked against.
    pub fn situation(self) -> Situation {
        let state = self.session.with(|session| session.state.clone());
        self.tabs.with(|tabs| Situation {
            running: state == SessionState::Running,
            can_start: state.can_start(),
            can_stop: state.can_stop(),
            tabs: tabs.open().len(),
            place: tabs.place(tabs.active()).unwrap_or(0),
            open: std::array::from_fn(|place| tabs.open().iter().any(|id| usize::from(id.get()) == place + 1)),
            layout: tabs.layout(),
            narrow: self.narrow.get(),
            has_selection: self.states.of(tabs.active()).has_selection.get(),
            has_font_size: self.preferences.signal().with(|preferences| preferences.font_size.is_some()),
        })
    }

    /// Does what a command says, if it can be done now.
    pub fn run(self, command: Command) {
        if !command.is_possible(&untrack(|| self.situation())) {
            return;
        }
        let tabs = self.tabs;
        match command {
            Command::NewTab => {
                if let Some(added) = tabs.try_update(Tabs::add).flatten() {
                    self.show(added);
                }
            }
            Command::NextTab => self.show(tabs.with_untracked(|tabs| tabs.neighbour(1))),
            Command::PreviousTab => self.show(tabs.with_untracked(|tabs| tabs.neighbour(-1))),
            Command::GoTo(id) => self.show(id),
            Command::MoveLeft => self.move_tab(self.active(), -1),
            Command::MoveRight => self.move_tab(self.active(), 1),
            Command::CloseTab => {
                self.close(self.active());
                self.focus();
            }
            Command::Arrange(layout) => self.arrange(layout),
            Command::NextLayout => self.arrange(tabs.with_untracked(|tabs| tabs.layout().next(tabs.open().len()))),
            Command::NextTile => self.show(tabs.with_untracked(Tabs::next_tile)),
            Command::Search => {
                self.searching.set(Some(self.active()));
                self.search.notify();
            }
            Command::Copy => self.on_screen(|screen| {
                screen.copy_selection();
            }),
            Command::Paste => self.on_screen(|screen| screen.paste_clipboard()),
            Command::SelectAll => self.on_screen(|screen| screen.select_all()),
            Command::Clear => self.on_screen(|screen| screen.clear()),
            Command::ScrollToEnd => self.on_screen(|screen| screen.scroll_to_end()),
            Command::FontLarger => self.change_font(1),
            Command::FontSmaller => self.change_font(-1),
            Command::FontReset => self.preferences.change(|preferences| preferences.font_size = None),
            Command::Leave => focus_tab(self.active()),
            Command::Rename => self.actions.renaming.set(true),
            Command::Start => self.actions.run(Act::Start { resume: false }),
            Command::Stop => self.actions.run(Act::Stop),
            Command::Restart => self.actions.run(Act::Restart { resume: false }),
            Command::Duplicate => self.actions.run(Act::Duplicate),
            Command::SavePreset => {
                let (session, name) = self.session.with_untracked(|session| (session.id.clone(), session.name.clone()));
                self.desk.open(Over::SavePreset { session, name });
            }
            Command::AllSessions => self.go.run("/".to_owned()),
            Command::Palette => self.panel.set(Some(Panel::Palette)),
            Command::Settings => self.panels.open(panels::Panel::Settings),
            Command::Files => self.panels.toggle(panels::Panel::Files),
            Command::Shortcuts => self.panel.set(Some(Panel::Shortcuts)),
        }
    }

    /// Opens another address of the page's.
    pub fn go(self, path: String) {
        self.go.run(path);
    }
}

pub fn tab_id(id: TerminalId) -> String {
    format!("tab-{id}")
}

/// Brings the keyboard to a tab.
pub fn focus_tab(id: TerminalId) {
    let tab = document().get_element_by_id(&tab_id(id));
    if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A button on the page can take it.
        let _ = tab.focus();
    }
}
