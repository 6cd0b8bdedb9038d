//! The keys above a phone's keyboard.

use std::time::Duration;

use leptos::ev::{MouseEvent, PointerEvent};
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use protocol::TerminalId;

use crate::contexts::preferences::CurrentPreferences;
use crate::model::preferences::BarKey;
use crate::terminal::key_bar::{
    Does, Held, HeldModifiers, REPEAT_AFTER_MS, REPEAT_EVERY_MS, does, label, name, repeats,
};
use crate::terminal::keys::Modifiers;
use crate::terminal::state::{TerminalState, TerminalStates};
use crate::terminal::tabs::Tabs;

/// What a key of the bar needs. It never has the keyboard's focus: that stays with the terminal,
/// or the phone's keyboard would go.
#[derive(Clone, Copy)]
struct Bar {
    tabs: RwSignal<Tabs>,
    states: TerminalStates,
    held: RwSignal<HeldModifiers>,
    /// The next repetition of the key that is held down.
    timer: StoredValue<Option<TimeoutHandle>>,
    /// Whether it has repeated: its release is no tap then.
    repeated: StoredValue<bool>,
}

#[component]
pub fn KeyBar(tabs: RwSignal<Tabs>, states: TerminalStates) -> impl IntoView {
    let preferences = CurrentPreferences::get().signal();
    let keys = Memo::new(move |_| preferences.with(|preferences| preferences.key_bar.clone()));
    let bar = Bar {
        tabs,
        states,
        held: RwSignal::new(HeldModifiers::default()),
        timer: StoredValue::new(None),
        repeated: StoredValue::new(false),
    };
    // A key takes the modifiers away; those that are locked come back.
    Effect::new(move |before: Option<TerminalId>| {
        let active = tabs.with(Tabs::active);
        let modifiers = states.of(active).modifiers;
        // They are the bar's, and go with the keyboard: none stays behind in a terminal that is left.
        if let Some(before) = before.filter(|before| *before != active) {
            states.of(before).modifiers.set(Modifiers::NONE);
            modifiers.set(bar.held.with_untracked(|held| held.modifiers()));
        }
        let now = modifiers.get();
        let wanted = bar.held.with_untracked(|held| held.modifiers());
        if now == Modifiers::NONE && wanted != now {
            bar.held.update(HeldModifiers::used);
            modifiers.set(bar.held.with_untracked(|held| held.modifiers()));
        }
        active
    });
    on_cleanup(move || bar.release());
    view! {
        <div class="key-bar" role="toolbar" aria-label="Keys">
            {move || keys.get().into_iter().map(|key| view! { <BarButton bar key/> }).collect_view()}
        </div>
    }
}

#[component]
fn BarButton(bar: Bar, key: BarKey) -> impl IntoView {
    let held = move || match does(key) {
        Does::Hold(modifier) => Some(bar.held.with(|held| held.of(modifier))),
        _ => None,
    };
    let on_down = move |event: PointerEvent| {
        bar.repeated.set_value(false);
        if event.button() == 0 && repeats(key) {
            bar.repeat(key, REPEAT_AFTER_MS);
        }
    };
    let on_click = move |_: MouseEvent| {
        bar.release();
        if !bar.repeated.get_value() {
            bar.act(key);
        }
        bar.repeated.set_value(false);
    };
    view! {
        <button
            type="button"
            class="bar-key"
            class:bar-key-once=move || held() == Some(Held::Once)
            class:bar-key-locked=move || held() == Some(Held::Locked)
            aria-label=move || {
                if held() == Some(Held::Locked) { format!("{}, locked", name(key)) } else { name(key).to_owned() }
            }
            aria-pressed=move || held().map(|held| (held != Held::No).to_string())
            on:mousedown=|event| event.prevent_default()
            on:contextmenu=|event| event.prevent_default()
            on:pointerdown=on_down
            on:pointerup=move |_| bar.release()
            on:pointercancel=move |_| bar.release()
            on:pointerleave=move |_| bar.release()
            on:click=on_click
        >
            {label(key)}
        </button>
    }
}

impl Bar {
    fn state(self) -> TerminalState {
        self.states.of(self.tabs.with_untracked(Tabs::active))
    }

    fn act(self, key: BarKey) {
        #[cfg(feature = "hydrate")]
        {
            crate::browser::shake(crate::terminal::key_bar::SHAKE_MS);
            // What is being composed comes before the key.
            crate::browser::settle();
        }
        let state = self.state();
        match does(key) {
            Does::Press(key) => {
                state.with_screen(|screen| screen.press(key, Modifiers::NONE));
            }
            Does::Type(text) => {
                state.with_screen(|screen| screen.type_text(text));
            }
            Does::Hold(modifier) => {
                self.held.update(|held| held.tap(modifier, now()));
                state.modifiers.set(self.held.with_untracked(|held| held.modifiers()));
            }
            Does::Paste => {
                state.with_screen(|screen| screen.paste_clipboard());
            }
            Does::HideKeyboard => {
                state.with_screen(|screen| screen.blur());
            }
        }
    }

    fn repeat(self, key: BarKey, after_ms: u32) {
        let again = move || {
            if self.timer.try_get_value().is_some() {
                self.repeated.set_value(true);
                self.act(key);
                self.repeat(key, REPEAT_EVERY_MS);
            }
        };
        // A window without timers repeats nothing.
        let timer = set_timeout_with_handle(again, Duration::from_millis(after_ms.into())).ok();
        self.timer.set_value(timer);
    }

    fn release(self) {
        if let Some(timer) = self.timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    }
}

/// Milliseconds since some moment.
fn now() -> f64 {
    js_sys::Date::now()
}
