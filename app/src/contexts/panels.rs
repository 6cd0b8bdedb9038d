//! Which of the page's panels are open: whoever opens one needn't know who shows it.

use leptos::prelude::*;

/// The panels that any part of the page may open.
#[derive(Debug, Clone, Copy)]
pub struct Panels {
    pub settings: RwSignal<bool>,
}

impl Panels {
    pub fn provide() -> Self {
        let panels = Self { settings: RwSignal::new(false) };
        provide_context(panels);
        panels
    }

    pub fn get() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }
}
