//! Whether something is working: what the beam along the top edge shows.

use leptos::prelude::*;

/// Counts what is under way.
#[derive(Debug, Clone, Copy)]
pub struct Working(RwSignal<u32>);

impl Working {
    pub fn provide() -> Self {
        let working = Self(RwSignal::new(0));
        provide_context(working);
        working
    }

    pub fn get() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    pub fn is_working(self) -> Signal<bool> {
        Signal::derive(move || self.0.get() > 0)
    }

    /// Counts while `pending` holds, and no longer than whoever asks is there.
    pub fn watch(self, pending: impl Into<Signal<bool>>) {
        let pending = pending.into();
        Effect::new(move |_| {
            if pending.get() {
                self.0.update(|count| *count += 1);
                on_cleanup(move || {
                    let _ = self.0.try_update(|count| *count = count.saturating_sub(1));
                });
            }
        });
    }
}
