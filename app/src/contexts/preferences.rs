//! The person's preferences, as the page has them: those of the server at first, and kept there.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::toasts::Toasts;
use crate::api::preferences::{change_preferences, get_preferences};
use crate::model::preferences::Preferences;

/// How long a change waits for the next, so that a slider that is drawn is one write.
const SAVE_AFTER: Duration = Duration::from_millis(400);

/// Saves on their way to the server, and those that have ended: a read that one of them overlapped may hold what was
/// there before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Saves {
    under_way: u32,
    ended: u32,
}

impl Saves {
    fn begin(&mut self) {
        self.under_way += 1;
    }

    fn end(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
        self.ended = self.ended.wrapping_add(1);
    }

    /// Whether a read that began `then` and is answered now holds all that was saved.
    fn have_left_alone(self, then: Self) -> bool {
        self.under_way == 0 && self == then
    }
}

/// The preferences in use.
#[derive(Debug, Clone, Copy)]
pub struct CurrentPreferences {
    current: RwSignal<Preferences>,
    /// What the server has, or is on its way there.
    saved: StoredValue<Preferences>,
    saves: StoredValue<Saves>,
    timer: StoredValue<Option<TimeoutHandle>>,
    toasts: Toasts,
}

impl CurrentPreferences {
    pub fn provide() -> Self {
        let initial = SharedValue::new(initial).into_inner();
        let this = Self {
            current: RwSignal::new(initial.clone()),
            saved: StoredValue::new(initial),
            saves: StoredValue::new(Saves::default()),
            timer: StoredValue::new(None),
            toasts: Toasts::get(),
        };
        provide_context(this);
        Effect::new(move |_| this.current.with(paint));
        Effect::new(move |_| this.follow_other_tabs());
        this
    }

    pub fn get() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    pub fn signal(self) -> Signal<Preferences> {
        self.current.into()
    }

    /// Changes them in the page at once, and on the server a moment later.
    pub fn change(self, change: impl FnOnce(&mut Preferences)) {
        self.current.update(change);
        self.drop_timer();
        // Without a timer the next change, or leaving the page, saves this one too.
        let timer = set_timeout_with_handle(move || self.save(), SAVE_AFTER).ok();
        self.timer.set_value(timer);
    }

    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser makes sessions"))]
    /// Takes in what the server changed by itself.
    pub fn learn(self, change: impl Fn(&mut Preferences)) {
        // The page may be gone.
        let _ = self.saved.try_update_value(&change);
        let _ = self.current.try_update(change);
    }

    fn drop_timer(self) -> bool {
        let timer = self.timer.try_update_value(Option::take).flatten();
        timer.inspect(TimeoutHandle::clear).is_some()
    }

    fn save(self) {
        self.timer.set_value(None);
        let (before, now) = (self.saved.get_value(), self.current.get_untracked());
        let change = before.change_to(&now);
        if change.0.is_empty() {
            return;
        }
        self.saved.set_value(now);
        self.saves.update_value(Saves::begin);
        spawn_local(async move {
            let saved = change_preferences(change).await;
            // The page may be gone.
            let _ = self.saves.try_update_value(Saves::end);
            if let Err(error) = saved {
                // What is not there is sent again with the next change.
                self.saved.set_value(before);
                self.toasts.fail("The settings were not saved", &error);
            }
        });
    }

    /// A page that is left saves at once; one that is come back to has what was changed elsewhere.
    fn follow_other_tabs(self) {
        let listener = window_event_listener(leptos::ev::visibilitychange, move |_| {
            if document().hidden() {
                if self.drop_timer() {
                    self.save();
                }
                return;
            }
            let then = self.saves.get_value();
            spawn_local(async move {
                // Unread, the page goes on with what it has; a terminal tells if nothing answers at all.
                let Ok(read) = get_preferences().await else { return };
                let is_idle = self.timer.try_with_value(Option::is_none).unwrap_or(false);
                let is_fresh = self.saves.try_get_value().is_some_and(|now| now.have_left_alone(then));
                if is_idle && is_fresh && self.current.try_get_untracked().is_some_and(|current| current != read) {
                    self.saved.set_value(read.clone());
                    self.current.set(read);
                }
            });
        });
        on_cleanup(move || listener.remove());
    }
}

/// What the server read before it rendered the page.
fn initial() -> Preferences {
    #[cfg(feature = "ssr")]
    if let Some(context) = use_context::<crate::backend::RequestContext>() {
        return context.preferred;
    }
    Preferences::default()
}

/// Puts theme and accent on the document's root, where the tokens are.
fn paint(preferences: &Preferences) {
    use wasm_bindgen::JsCast;

    let Some(root) = document().document_element() else { return };
    // Constant, valid names.
    let _ = match preferences.theme.name() {
        Some(theme) => root.set_attribute("data-theme", theme),
        None => root.remove_attribute("data-theme"),
    };
    if let Some(root) = root.dyn_ref::<web_sys::HtmlElement>() {
        let _ = root.style().set_property("--accent-hue", &preferences.accent_hue.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_no_save_touches_is_taken() {
        let mut saves = Saves::default();
        assert!(saves.have_left_alone(saves));
        saves.begin();
        saves.end();
        assert!(saves.have_left_alone(saves));
    }

    #[test]
    fn a_read_is_not_taken_that_a_save_may_have_overtaken() {
        let before = Saves::default();
        let mut saves = before;
        saves.begin();
        let during = saves;
        assert!(!saves.have_left_alone(before), "answered while the save is under way");
        assert!(!saves.have_left_alone(during), "begun and answered while the save is under way");
        saves.end();
        assert!(!saves.have_left_alone(before), "the save began and ended meanwhile");
        assert!(!saves.have_left_alone(during), "begun before the save ended");
    }
}
