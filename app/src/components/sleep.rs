//! When a session goes to sleep, on its card.

use leptos::prelude::*;

use crate::time::{Clock, left};
use crate::usage::Shown;

/// What a card says.
#[component]
pub fn SleepsIn(shown: ArcRwSignal<Option<Shown>>, clock: Clock) -> impl IntoView {
    let at = Memo::new(move |_| shown.with(|shown| shown.as_ref()?.sleeps_at));
    move || at.get().map(|at| view! { <span>{format!("Sleeps in {}", left(at - clock.seconds()))}</span> })
}
