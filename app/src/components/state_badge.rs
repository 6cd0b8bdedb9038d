//! A session's state: a dot and a word.

use leptos::prelude::*;

use crate::model::session::SessionState;

/// The dot's colour, by what a state means: green, amber, grey, red.
fn tone(state: &SessionState) -> &'static str {
    match state {
        SessionState::Running => "good",
        SessionState::Starting { .. } | SessionState::Stopping | SessionState::Deleting => "changing",
        SessionState::Created | SessionState::Stopped => "still",
        SessionState::Failed { .. } => "bad",
    }
}

#[component]
pub fn StateBadge(#[prop(into)] state: Signal<SessionState>) -> impl IntoView {
    view! {
        <span class="badge" data-tone=move || state.with(tone) data-state=move || state.with(SessionState::word)>
            <span class="dot" aria-hidden="true"></span>
            {move || state.with(SessionState::word)}
        </span>
    }
}
