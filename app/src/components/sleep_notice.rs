//! In the last minutes before a session sleeps, on its page: how long it has, and the button that keeps it awake.

use std::time::Duration;

use leptos::prelude::*;

use super::session_actions::{Act, SessionActions};
use crate::time::{Clock, countdown};
use crate::usage::Shown;

/// How long before it sleeps its page says so, seconds.
const NOTICE: i64 = 5 * 60;
const SECOND: Duration = Duration::from_secs(1);

/// What the page of a session says before it sleeps.
#[component]
pub fn SleepNotice(shown: ArcRwSignal<Option<Shown>>, actions: SessionActions, clock: Clock) -> impl IntoView {
    let at = Memo::new(move |_| shown.with(|shown| shown.as_ref()?.sleeps_at));
    let changing = actions.is_changing();
    let is_near = Memo::new(move |_| at.get().is_some_and(|at| at - clock.seconds() <= NOTICE));
    let seconds = RwSignal::new(0);
    // Counted by the second only when it is shown.
    Effect::new(move |_| {
        let (Some(at), true) = (at.get(), is_near.get()) else { return };
        let tick = move || {
            let _ = seconds.try_set((at - clock.exact()).max(0));
        };
        tick();
        if let Ok(interval) = set_interval_with_handle(tick, SECOND) {
            on_cleanup(move || interval.clear());
        }
    });
    view! {
        <Show when=move || is_near.get()>
            <span class="sleep-notice">
                // Said once; the seconds are for the eye.
                <span class="visually-hidden" role="status">
                    "This session goes to sleep in less than five minutes."
                </span>
                <span role="timer">{move || format!("Sleeps in {}", countdown(seconds.get()))}</span>
                <button class="button" disabled=changing on:click=move |_| actions.run(Act::KeepAwake)>
                    "Keep awake"
                </button>
            </span>
        </Show>
    }
}
