//! What a person does to one session, with its progress, its result and its failure told.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::SessionId;

use crate::api::session::{RenameSessionCall, StartSessionCall, StopSessionCall, delete_session};
use crate::contexts::toasts::Toasts;
use crate::contexts::working::Working;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::session::{RenameSession, Session, StartSession};

/// The writes to one session.
#[derive(Clone, Copy)]
pub struct SessionActions {
    session: Signal<Session>,
    start: ServerAction<StartSessionCall>,
    stop: ServerAction<StopSessionCall>,
    rename: ServerAction<RenameSessionCall>,
    delete_pending: RwSignal<bool>,
    on_delete: Callback<()>,
    toasts: Toasts,
    /// Whether its name is being changed.
    pub renaming: RwSignal<bool>,
    /// Whether its deletion is being confirmed.
    pub deleting: RwSignal<bool>,
}

impl SessionActions {
    /// `on_change` gets the session as each write leaves it; `on_delete` is told once it is gone.
    pub fn new(session: Signal<Session>, on_change: Callback<Session>, on_delete: Callback<()>) -> Self {
        let toasts = Toasts::get();
        let actions = Self {
            session,
            start: ServerAction::new(),
            stop: ServerAction::new(),
            rename: ServerAction::new(),
            delete_pending: RwSignal::new(false),
            on_delete,
            toasts,
            renaming: RwSignal::new(false),
            deleting: RwSignal::new(false),
        };
        let working = Working::get();
        working.watch(actions.start.pending());
        working.watch(actions.stop.pending());
        working.watch(actions.rename.pending());
        working.watch(actions.delete_pending);

        let value = actions.start.value();
        settled(
            move || value.get(),
            move |started| match started {
                Ok(session) => on_change.run(session),
                Err(error) => toasts.fail("It could not be started", &error),
            },
        );
        let value = actions.stop.value();
        settled(
            move || value.get(),
            move |stopped| match stopped {
                Ok(session) => on_change.run(session),
                Err(error) => toasts.fail("It could not be stopped", &error),
            },
        );
        let value = actions.rename.value();
        settled(
            move || value.get(),
            move |renamed| match renamed {
                Ok(session) => {
                    actions.renaming.set(false);
                    on_change.run(session);
                }
                // The form shows it by the field.
                Err(error) if error.code == ErrorCode::ValidationError => {}
                Err(error) => toasts.fail("It could not be renamed", &error),
            },
        );
        actions
    }

    pub fn start(self) {
        self.start.dispatch(StartSessionCall { id: self.id(), how: StartSession::default() });
    }

    pub fn stop(self) {
        self.stop.dispatch(StopSessionCall { id: self.id() });
    }

    pub fn rename(self, to: RenameSession) {
        self.rename.dispatch(RenameSessionCall { id: self.id(), to });
    }

    /// Not a `ServerAction`: the live event takes the card off the page before the answer is here,
    /// and an action's result would be lost with it.
    pub fn delete(self) {
        let (id, name) = self.session.with_untracked(|session| (session.id.clone(), session.name.clone()));
        self.delete_pending.set(true);
        spawn_local(async move {
            let deleted = delete_session(id).await;
            let _ = self.delete_pending.try_set(false);
            let _ = self.deleting.try_set(false);
            match deleted {
                Err(error) if error.code != ErrorCode::NotFound => {
                    self.toasts.fail("It could not be deleted", &error);
                }
                // Not found: somebody was faster; it is gone as was asked.
                _ => {
                    self.toasts.tell(format!("Deleted “{name}”."));
                    let _ = self.on_delete.try_run(());
                }
            }
        });
    }

    fn id(self) -> SessionId {
        self.session.with_untracked(|session| session.id.clone())
    }

    /// Whether a start or stop has been asked for and not answered.
    pub fn is_changing(self) -> Signal<bool> {
        let (start, stop) = (self.start.pending(), self.stop.pending());
        Signal::derive(move || start.get() || stop.get())
    }

    pub fn is_deleting(self) -> Signal<bool> {
        self.delete_pending.into()
    }

    /// What the server had against the new name.
    pub fn rename_refused(self) -> Signal<Option<String>> {
        let value = self.rename.value();
        Signal::derive(move || match value.get() {
            Some(Err(error)) if error.code == ErrorCode::ValidationError => {
                Some(error.fields.first().map_or(error.error.clone(), |field| field.message.clone()))
            }
            _ => None,
        })
    }
}

/// Runs `then` with each result of a write.
pub fn settled<T: 'static>(
    value: impl Fn() -> Option<Result<T, ApiError>> + 'static,
    then: impl Fn(Result<T, ApiError>) + 'static,
) {
    Effect::new(move |_| {
        if let Some(result) = value() {
            untrack(|| then(result));
        }
    });
}
