//! Joins a [`LiveTerminal`] to a component: made once it is wanted, dropped with it.

use std::rc::Rc;

use leptos::ev;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{SessionId, TerminalId};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use super::drops::Drops;
use super::live_terminal::LiveTerminal;
use super::widget::Widget;
use crate::browser::is_visible;
use crate::contexts::preferences::CurrentPreferences;
use crate::terminal::screen::Screen;
use crate::terminal::state::TerminalState;

type Live = StoredValue<Option<Rc<LiveTerminal>>, LocalStorage>;

/// Puts a terminal into `node` the first time that it is `shown` in a session that is `running`. Of
/// those that are shown, one is `active`: it has the keyboard.
pub fn mount(
    node: NodeRef<Div>,
    session: SessionId,
    terminal: TerminalId,
    state: TerminalState,
    shown: Signal<bool>,
    active: Signal<bool>,
    running: Signal<bool>,
) {
    let live: Live = StoredValue::new_local(None);
    let current = CurrentPreferences::get();
    let begun = StoredValue::new(false);
    let drops = StoredValue::new_local(None::<Drops>);
    let preferences = current.signal();
    Effect::new(move |_| {
        state.again.track();
        let wanted = shown.get() && running.get();
        let Some(parent) = node.get() else { return };
        if wanted && !begun.get_value() {
            begun.set_value(true);
            state.broken.set(None);
            let session = session.clone();
            spawn_local(async move {
                let loaded = Widget::load().await;
                // The page may have gone elsewhere meanwhile.
                if begun.try_get_value().is_none() {
                    return;
                }
                if let Err(error) = loaded {
                    begun.set_value(false);
                    state.broken.set(Some(format!("{error:?}")));
                    return;
                }
                let opened = LiveTerminal::open(&parent, session, terminal, state, current);
                drops.set_value(Some(Drops::on(&parent, &opened, preferences)));
                if active.get_untracked() && !state.keeps_focus_in_tab.get_value() {
                    opened.focus_by_itself();
                }
                let screen: Rc<dyn Screen> = Rc::<LiveTerminal>::clone(&opened);
                opened.show(shown.get_untracked());
                opened.runs(running.get_untracked());
                state.screen.set_value(Some(screen));
                live.set_value(Some(opened));
            });
        }
    });

    on_cleanup(move || {
        // The state may outlast the component, and must not keep the terminal alive.
        let _ = state.screen.try_set_value(None);
    });

    Effect::new(move |_| {
        let shown = shown.get();
        call(live, |live| live.show(shown));
        if shown {
            call(live, LiveTerminal::fit_soon);
        }
    });
    Effect::new(move |_| {
        if active.get() && !state.keeps_focus_in_tab.get_value() {
            call(live, LiveTerminal::focus_by_itself);
        }
    });
    Effect::new(move |_| {
        let runs = running.get();
        call(live, |live| live.runs(runs));
    });
    after_first(move || preferences.track(), move || call(live, LiveTerminal::prefer));
    after_first(move || state.again.track(), move || call(live, LiveTerminal::again));
    after_first(move || state.take_control.track(), move || call(live, LiveTerminal::take_control));
    after_first(move || state.focus.track(), move || call(live, LiveTerminal::focus_by_itself));
    follow_window(live);
}

fn call(live: Live, act: impl FnOnce(&LiveTerminal)) {
    // Cloned out, so that what it leads to may reach the stored value again.
    let live = live.try_with_value(Option::clone).flatten();
    if let Some(live) = live {
        act(&live);
    }
}

/// Runs `then` each time that what `track` follows changes, but not at first.
fn after_first(track: impl Fn() + 'static, then: impl Fn() + 'static) {
    Effect::new(move |ran: Option<()>| {
        track();
        if ran.is_some() {
            untrack(&then);
        }
    });
}

/// Tells the terminal what the window is told, for as long as the component lasts.
fn follow_window(live: Live) {
    let handles = [
        window_event_listener(ev::visibilitychange, move |_| call(live, |live| live.seen(is_visible()))),
        window_event_listener(ev::online, move |_| call(live, |live| live.online(true))),
        window_event_listener(ev::offline, move |_| call(live, |live| live.online(false))),
    ];
    on_cleanup(move || handles.into_iter().for_each(WindowListenerHandle::remove));

    let Ok(Some(light)) = window().match_media("(prefers-color-scheme: light)") else { return };
    let recolour = Closure::<dyn Fn()>::new(move || call(live, LiveTerminal::recolour));
    light.set_onchange(Some(recolour.as_ref().unchecked_ref()));
    let kept = StoredValue::new_local((light, recolour));
    on_cleanup(move || {
        let _ = kept.try_with_value(|(light, _)| light.set_onchange(None));
    });
}
