//! What sessions use and do at this moment, as a page shows it. Kept apart from the sessions themselves, so that what
//! comes every few seconds draws numbers again and no cards.
//!
//! [`news`] reads and counts it; what is here is what a card needs to show it.

#[cfg(feature = "hydrate")]
pub mod news;
#[cfg(any(feature = "hydrate", test))]
pub mod shown;
#[cfg(any(feature = "hydrate", test))]
pub mod sparkline;

#[cfg(feature = "hydrate")]
use std::collections::VecDeque;

use leptos::prelude::*;
use protocol::SessionId;

#[cfg(feature = "hydrate")]
use crate::model::usage::Sample;
use crate::model::usage::{Activity, RuntimeTrouble};

/// What is shown of a running session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    pub activity: Activity,
    pub meters: Vec<Meter>,
    /// When it goes to sleep unless something happens, seconds since 1970.
    pub sleeps_at: Option<i64>,
}

/// One number, with how it was in the last minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    pub name: &'static str,
    pub text: String,
    /// All of it in words, for who doesn't see the line.
    pub label: String,
    /// The path of the line, and of what is below it, in a box of [`BOX`].
    pub line: String,
    pub area: String,
}

/// The box that lines are drawn in: width and height.
pub const BOX: &str = "0 0 118 24";

/// What a page knows of all sessions.
#[derive(Debug, Clone, Copy)]
pub struct Usages {
    // A list, for it is short and the code that finds things in one is too.
    shown: StoredValue<Vec<(SessionId, ArcRwSignal<Option<Shown>>)>>,
    #[cfg(feature = "hydrate")]
    samples: StoredValue<Vec<(SessionId, VecDeque<Sample>)>>,
    /// Runtimes that are let be for a while.
    pub troubles: RwSignal<Vec<RuntimeTrouble>>,
}

impl Usages {
    pub fn new() -> Self {
        Self {
            shown: StoredValue::new(Vec::new()),
            #[cfg(feature = "hydrate")]
            samples: StoredValue::new(Vec::new()),
            troubles: RwSignal::new(Vec::new()),
        }
    }

    /// What is shown of one; nothing while nobody has said anything of it.
    pub fn of(self, id: &SessionId) -> ArcRwSignal<Option<Shown>> {
        let found = self.shown.try_update_value(|shown| {
            if let Some((_, signal)) = shown.iter().find(|(of, _)| of == id) {
                return signal.clone();
            }
            let signal = ArcRwSignal::new(None);
            shown.push((id.clone(), signal.clone()));
            signal
        });
        found.unwrap_or_else(|| ArcRwSignal::new(None))
    }

    #[cfg(feature = "hydrate")]
    /// Forgets what a session used before it ended.
    pub fn forget(self, id: &SessionId) {
        let _ = self.samples.try_update_value(|samples| samples.retain(|(of, _)| of != id));
        self.of(id).try_set(None);
    }
}
