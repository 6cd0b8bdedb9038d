//! What lies over the page to work with sessions: the agents to choose from, the palette, the question what a preset is
//! to be called. Whoever opens one needn't know who shows it; the code comes with the first.

use leptos::prelude::*;
use protocol::SessionId;

/// Something over the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Over {
    /// The agents, for a new session.
    Agents,
    Palette,
    /// What the tabs of a session are to be saved as.
    SavePreset {
        session: SessionId,
        name: String,
    },
}

/// What lies over the page, if anything does.
#[derive(Debug, Clone, Copy)]
pub struct Desk(RwSignal<Option<Over>>);

impl Desk {
    pub fn provide() -> Self {
        let desk = Self(RwSignal::new(None));
        provide_context(desk);
        desk
    }

    pub fn get() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    pub fn over(self) -> Signal<Option<Over>> {
        self.0.into()
    }

    pub fn open(self, over: Over) {
        self.0.set(Some(over));
    }

    pub fn close(self) {
        // The page may be gone.
        let _ = self.0.try_set(None);
    }

    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser asks"))]
    pub fn is_open(self, over: &Over) -> bool {
        self.0.try_with_untracked(|open| open.as_ref() == Some(over)).unwrap_or(false)
    }
}
