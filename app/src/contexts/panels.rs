//! Which of the page's panels is open, one at a time: whoever opens one needn't know who shows it.

use leptos::prelude::*;

use crate::model::storage::At;

/// A panel that any part of the page may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panel {
    Settings,
    Files,
}

/// The page's panels.
#[derive(Debug, Clone, Copy)]
pub struct Panels {
    open: RwSignal<Option<Panel>>,
    /// The folder that the files are to be opened at, until they are; without one they are where they were.
    pub folder: RwSignal<Option<At>>,
    /// How many files wait for an answer that is asked for where the files are.
    pub questions: RwSignal<usize>,
}

impl Panels {
    pub fn provide() -> Self {
        let panels = Self { open: RwSignal::new(None), folder: RwSignal::new(None), questions: RwSignal::new(0) };
        provide_context(panels);
        panels
    }

    pub fn get() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    pub fn is_open(self, panel: Panel) -> Signal<bool> {
        let open = self.open;
        Signal::derive(move || open.get() == Some(panel))
    }

    /// Opens one; another one closes.
    pub fn open(self, panel: Panel) {
        self.open.set(Some(panel));
    }

    pub fn close(self, panel: Panel) {
        if self.open.get_untracked() == Some(panel) {
            self.open.set(None);
        }
    }

    /// Opens one, or closes it.
    pub fn toggle(self, panel: Panel) {
        self.open.update(|open| *open = if *open == Some(panel) { None } else { Some(panel) });
    }

    /// Opens the files at a folder.
    pub fn open_files_at(self, folder: At) {
        self.folder.set(Some(folder));
        self.open(Panel::Files);
    }
}
