//! A session's state: a dot and a word.

use leptos::prelude::*;

use crate::model::session::SessionState;

#[component]
pub fn StateBadge(#[prop(into)] state: Signal<SessionState>) -> impl IntoView {
    view! {
        <span class="badge" data-tone=move || state.with(SessionState::tone) data-state=move || state.with(SessionState::word)>
            <span class="dot" aria-hidden="true"></span>
            {move || state.with(SessionState::word)}
        </span>
    }
}
