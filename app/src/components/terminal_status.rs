//! The chip that says how a terminal's connection is.

use std::time::Duration;

use leptos::prelude::*;

use crate::terminal::link::Status;
use crate::terminal::state::TerminalState;

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

/// `state` is that of the terminal it tells of.
#[component]
pub fn TerminalStatus(#[prop(into)] state: Signal<TerminalState>) -> impl IntoView {
    let status = Signal::derive(move || state.get().status.get());
    let left = countdown(status);
    let waits = Memo::new(move |_| matches!(status.get(), Status::Reconnecting { wait_ms: Some(_) }));
    let tone = move || match status.get() {
        Status::Connected => "good",
        Status::Idle | Status::Connecting | Status::Reconnecting { .. } | Status::Hidden => "changing",
        Status::Stopped | Status::Ended => "still",
        Status::Offline | Status::Refused { .. } => "bad",
    };
    let text = move || match status.get() {
        Status::Idle | Status::Connecting => "connecting",
        Status::Connected => "connected",
        Status::Reconnecting { .. } => "reconnecting",
        Status::Hidden => "paused",
        Status::Offline => "offline",
        Status::Stopped => "stopped",
        Status::Ended => "ended",
        Status::Refused { .. } => "refused",
    };
    view! {
        <span class="badge" data-tone=tone>
            <span class="dot" aria-hidden="true"></span>
            {text}
            <Show when=move || waits.get()>
                // Not read out each second.
                <span aria-hidden="true" class="countdown">{move || format!(" in {} s", left.get())}</span>
            </Show>
        </span>
        <Show when=move || waits.get()>
            <button class="reconnect" on:click=move |_| state.get_untracked().again.notify()>
                "Reconnect now"
            </button>
        </Show>
    }
}
