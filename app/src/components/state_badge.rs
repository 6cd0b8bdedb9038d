//! A session's state, a dot and a word, and what is done in it.

use leptos::prelude::*;

use crate::model::session::SessionState;
use crate::model::usage::Activity;
use crate::usage::Shown;

#[component]
pub fn StateBadge(#[prop(into)] state: Signal<SessionState>) -> impl IntoView {
    view! {
        <span class="badge" data-tone=move || state.with(SessionState::tone) data-state=move || state.with(SessionState::word)>
            <span class="dot" aria-hidden="true"></span>
            {move || state.with(SessionState::word)}
        </span>
    }
}

/// What the agent does, once that is known.
#[component]
pub fn ActivityWord(shown: ArcRwSignal<Option<Shown>>) -> impl IntoView {
    let activity = Memo::new(move |_| shown.with(|shown| shown.as_ref().map(|shown| shown.activity)));
    move || {
        activity.get().map(|activity| {
            let class = if activity == Activity::NeedsYou { "activity activity-calls" } else { "activity" };
            view! { <span class=class>{activity.word()}</span> }
        })
    }
}
