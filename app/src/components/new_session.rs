//! "New session": one press makes one of the agent that was used last, starts it and opens its terminal; the arrow beside
//! it leads to all agents.

use leptos::prelude::*;

use super::icons;
use super::maker::Maker;
use crate::contexts::desk::{Desk, Over};

#[component]
pub fn NewSession(maker: Maker) -> impl IntoView {
    let desk = Desk::get();
    let over = desk.over();
    let pending = maker.pending;
    view! {
        <span class="split-button">
            <button class="button button-primary" disabled=pending on:click=move |_| maker.make_usual()>
                {icons::plus()}
                "New session"
            </button>
            <button
                class="button button-primary button-icon"
                aria-label="Choose an agent"
                title="Choose an agent"
                aria-haspopup="dialog"
                aria-expanded=move || over.with(|over| *over == Some(Over::Agents)).to_string()
                on:click=move |_| desk.open(Over::Agents)
            >
                {icons::down()}
            </button>
        </span>
    }
}
