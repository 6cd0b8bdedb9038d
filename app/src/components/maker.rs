//! Makes sessions, for whichever button asks: the large one, the list of agents, or the palette.

use leptos::prelude::*;

use crate::contexts::desk::Desk;
#[cfg(feature = "hydrate")]
use crate::contexts::desk::Over;
use crate::contexts::preferences::CurrentPreferences;
use crate::contexts::toasts::Toasts;
use crate::contexts::working::Working;
use crate::model::error::ApiError;
use crate::model::session::CreateSession;

/// Who makes them, and leads to what was made.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "a server renders buttons and presses none"))]
pub struct Maker {
    pub pending: RwSignal<bool>,
    /// Why the last one could not be made, where a form is to say so.
    pub refused: RwSignal<Option<ApiError>>,
    go: Callback<String>,
    desk: Desk,
    preferences: CurrentPreferences,
    toasts: Toasts,
}

impl Maker {
    /// `go` leads to another address.
    pub fn new(go: Callback<String>) -> Self {
        let pending = RwSignal::new(false);
        Working::get().watch(pending);
        Self {
            pending,
            refused: RwSignal::new(None),
            go,
            desk: Desk::get(),
            preferences: CurrentPreferences::get(),
            toasts: Toasts::get(),
        }
    }

    /// Makes one of the agent that was used last, or a plain shell before the first.
    pub fn make_usual(self) {
        let agent = self.preferences.signal().with_untracked(|preferences| preferences.last_agent.clone());
        self.make(CreateSession { agent, ..CreateSession::default() });
    }

    /// Makes one, starts it and opens its page.
    pub fn make(self, new: CreateSession) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        self.refused.set(None);
        #[cfg(feature = "hydrate")]
        leptos::task::spawn_local(async move {
            let agent = new.agent.clone();
            let made = super::errands::make(new).await;
            let _ = self.pending.try_set(false);
            match made {
                Ok((session, refused)) => {
                    if let Some(error) = refused {
                        self.toasts.fail("It was made, but could not be started", &error);
                    }
                    self.preferences.learn(|preferences| preferences.last_agent.clone_from(&agent));
                    self.desk.close();
                    let _ = self.go.try_run(format!("/sessions/{}", session.id));
                }
                // Where the list of agents lies over the page, it says so itself.
                Err(error) if self.desk.is_open(&Over::Agents) => {
                    let _ = self.refused.try_set(Some(error));
                }
                // Such as an agent that was taken out of the table since: another one is to be chosen.
                Err(error) if !error.fields.is_empty() => {
                    let _ = self.refused.try_set(Some(error));
                    self.desk.open(Over::Agents);
                }
                Err(error) => self.toasts.fail("No session could be made", &error),
            }
        });
        #[cfg(not(feature = "hydrate"))]
        let _ = new;
    }

    #[cfg(feature = "hydrate")]
    /// Leads to another address.
    pub fn go(self, path: String) {
        self.go.run(path);
    }
}
