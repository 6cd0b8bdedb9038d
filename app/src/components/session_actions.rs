//! What a person does to one session, with its progress, its result and its failure told.

use leptos::prelude::*;
use protocol::SessionId;

use crate::contexts::toasts::Toasts;
use crate::contexts::working::Working;
#[cfg(feature = "hydrate")]
use crate::model::error::{ApiError, ErrorCode};
use crate::model::session::{RenameSession, Session};

/// Something that can be done to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "a server renders buttons and presses none"))]
pub enum Act {
    /// With `resume` its agent takes up its last conversation again.
    Start {
        resume: bool,
    },
    Restart {
        resume: bool,
    },
    Stop,
    Rename(RenameSession),
    /// Makes one like it.
    Duplicate,
    /// Keeps it from going to sleep for a while.
    KeepAwake,
    Delete,
}

impl Act {
    /// What is said when it could not be done.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "a server renders buttons and presses none"))]
    pub fn failed(&self) -> &'static str {
        match self {
            Self::Start { .. } => "It could not be started",
            Self::Restart { .. } => "It could not be restarted",
            Self::Stop => "It could not be stopped",
            Self::Rename(_) => "It could not be renamed",
            Self::Duplicate => "It could not be duplicated",
            Self::KeepAwake => "It could not be kept awake",
            Self::Delete => "It could not be deleted",
        }
    }
}

/// What came of it.
#[derive(Debug)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "a server renders buttons and presses none"))]
pub enum Done {
    /// The session as it is now.
    Changed(Session),
    /// Another one.
    Made(Session),
    Nothing,
}

/// Whom the page tells of what was done.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "a server renders buttons and presses none"))]
pub struct Listeners {
    /// Gets the session as each write leaves it.
    pub on_change: Callback<Session>,
    /// Gets one that was made like it.
    pub on_made: Callback<Session>,
    /// Is told once it is gone.
    pub on_delete: Callback<()>,
}

/// The writes to one session.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "a server renders buttons and presses none"))]
pub struct SessionActions {
    session: Signal<Session>,
    listeners: Listeners,
    toasts: Toasts,
    /// How many writes are under way.
    under_way: RwSignal<u32>,
    is_deleting: RwSignal<bool>,
    refused: RwSignal<Option<String>>,
    /// Whether its name is being changed.
    pub renaming: RwSignal<bool>,
    /// Whether its deletion is being confirmed.
    pub deleting: RwSignal<bool>,
}

impl SessionActions {
    pub fn new(session: Signal<Session>, listeners: Listeners) -> Self {
        let under_way = RwSignal::new(0);
        Working::get().watch(Signal::derive(move || under_way.get() > 0));
        Self {
            session,
            listeners,
            toasts: Toasts::get(),
            under_way,
            is_deleting: RwSignal::new(false),
            refused: RwSignal::new(None),
            renaming: RwSignal::new(false),
            deleting: RwSignal::new(false),
        }
    }

    /// Does `act`; what comes of it is told. No `ServerAction`: a live event may take the card off the page before the
    /// answer is here, and an action's result would be lost with it.
    pub fn run(self, act: Act) {
        let (id, name) = self.session.with_untracked(|session| (session.id.clone(), session.name.clone()));
        self.under_way.update(|count| *count += 1);
        if act == Act::Delete {
            self.is_deleting.set(true);
        }
        #[cfg(feature = "hydrate")]
        leptos::task::spawn_local(async move {
            let done = super::errands::run(id, act.clone()).await;
            let _ = self.under_way.try_update(|count| *count = count.saturating_sub(1));
            self.settle(&act, done, &name);
        });
        #[cfg(not(feature = "hydrate"))]
        let _ = (id, name);
    }

    #[cfg(feature = "hydrate")]
    fn settle(self, act: &Act, done: Result<Done, ApiError>, name: &str) {
        if *act == Act::Delete {
            let _ = self.is_deleting.try_set(false);
            let _ = self.deleting.try_set(false);
        }
        match (act, done) {
            (Act::Rename(_), Err(error)) if error.code == ErrorCode::ValidationError => {
                // The form shows it by the field.
                let message = error.fields.first().map_or(error.error.clone(), |field| field.message.clone());
                let _ = self.refused.try_set(Some(message));
            }
            // Not found: somebody was faster; it is gone as was asked.
            (Act::Delete, Err(ApiError { code: ErrorCode::NotFound, .. }) | Ok(_)) => {
                self.toasts.tell(format!("Deleted “{name}”."));
                let _ = self.listeners.on_delete.try_run(());
            }
            (Act::Rename(_), Ok(Done::Changed(session))) => {
                let _ = self.refused.try_set(None);
                let _ = self.renaming.try_set(false);
                let _ = self.listeners.on_change.try_run(session);
            }
            (Act::KeepAwake, Ok(_)) => self.toasts.tell("It stays awake."),
            (_, Ok(Done::Changed(session))) => {
                let _ = self.listeners.on_change.try_run(session);
            }
            (_, Ok(Done::Made(session))) => {
                let _ = self.listeners.on_made.try_run(session);
            }
            (_, Ok(Done::Nothing)) => {}
            (act, Err(error)) => self.toasts.fail(act.failed(), &error),
        }
    }

    pub fn id(self) -> SessionId {
        self.session.with_untracked(|session| session.id.clone())
    }

    /// Whether something has been asked for and not answered.
    pub fn is_changing(self) -> Signal<bool> {
        let under_way = self.under_way;
        Signal::derive(move || under_way.get() > 0)
    }

    pub fn is_deleting(self) -> Signal<bool> {
        self.is_deleting.into()
    }

    /// What the server had against the new name.
    pub fn rename_refused(self) -> Signal<Option<String>> {
        self.refused.into()
    }
}
