//! The chip that says how a terminal's connection is.

use std::time::Duration;

use leptos::prelude::*;

use crate::terminal::link::Status;

const SECOND: Duration = Duration::from_secs(1);

/// Seconds to the next attempt, counted down.
fn countdown(status: Signal<Status>) -> RwSignal<u32> {
    let left = RwSignal::new(0);
    Effect::new(move |_| {
        let Status::Reconnecting { wait_ms: Some(ms) } = status.get() else { return };
        left.set(ms.div_ceil(1_000));
        let tick = move || {
            let _ = left.try_update(|left| *left = left.saturating_sub(1).max(1));
        };
        if let Ok(interval) = set_interval_with_handle(tick, SECOND) {
            on_cleanup(move || interval.clear());
        }
    });
    left
}

#[component]
pub fn TerminalStatus(status: Signal<Status>) -> impl IntoView {
    let left = countdown(status);
    let tone = move || match status.get() {
        Status::Connected => "good",
        Status::Idle | Status::Connecting | Status::Reconnecting { .. } | Status::Hidden => "changing",
        Status::Stopped | Status::Ended => "still",
        Status::Offline | Status::Refused { .. } => "bad",
    };
    let text = move || match status.get() {
        Status::Idle | Status::Connecting => "connecting".to_owned(),
        Status::Connected => "connected".to_owned(),
        Status::Reconnecting { wait_ms: Some(_) } => format!("reconnecting in {} s", left.get()),
        Status::Reconnecting { wait_ms: None } => "reconnecting".to_owned(),
        Status::Hidden => "paused".to_owned(),
        Status::Offline => "offline".to_owned(),
        Status::Stopped => "stopped".to_owned(),
        Status::Ended => "ended".to_owned(),
        Status::Refused { .. } => "refused".to_owned(),
    };
    view! {
        <span class="badge" data-tone=tone>
            <span class="dot" aria-hidden="true"></span>
            {text}
        </span>
    }
}
