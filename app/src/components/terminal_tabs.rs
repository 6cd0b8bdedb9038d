//! The strip of a session's tabs.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use protocol::TerminalId;
use wasm_bindgen::JsCast;

use super::icons;
use crate::terminal::state::TerminalStates;
use crate::terminal::tabs::{Tabs, label};

#[component]
pub fn TerminalTabs(tabs: RwSignal<Tabs>, states: TerminalStates, on_close: Callback<TerminalId>) -> impl IntoView {
    let full = Memo::new(move |_| tabs.with(Tabs::is_full));
    let on_key = move |event: KeyboardEvent| {
        let active = tabs.with_untracked(Tabs::active);
        let shown = match event.key().as_str() {
            "ArrowRight" => tabs.with_untracked(|tabs| tabs.neighbour(1)),
            "ArrowLeft" => tabs.with_untracked(|tabs| tabs.neighbour(-1)),
            "Home" => TerminalId::FIRST,
            "End" => tabs.with_untracked(|tabs| tabs.open().last().copied().unwrap_or(active)),
            "Delete" => {
                on_close.run(active);
                tabs.with_untracked(Tabs::active)
            }
            _ => return,
        };
        event.prevent_default();
        states.of(shown).keeps_focus_in_tab.set_value(true);
        tabs.update(|tabs| tabs.activate(shown));
        focus_tab(shown);
    };
    view! {
        <div class="tab-strip">
            <div class="tabs" role="tablist" aria-label="Terminals" on:keydown=on_key>
                <For each=move || tabs.with(|tabs| tabs.open().to_vec()) key=|id| *id let(id)>
                    <Tab id tabs states on_close/>
                </For>
            </div>
            <button
                class="button button-quiet button-icon"
                aria-label="New terminal"
                title=move || if full.get() { "A session has at most six terminals" } else { "New terminal" }
                disabled=full
                on:click=move |_| {
                    if let Some(added) = tabs.try_update(Tabs::add).flatten() {
                        states.of(added).keeps_focus_in_tab.set_value(false);
                    }
                }
            >
                {icons::plus()}
            </button>
        </div>
    }
}

#[component]
fn Tab(id: TerminalId, tabs: RwSignal<Tabs>, states: TerminalStates, on_close: Callback<TerminalId>) -> impl IntoView {
    let active = Memo::new(move |_| tabs.with(|tabs| tabs.active() == id));
    let process = states.of(id).process;
    let closes = id != TerminalId::FIRST;
    view! {
        <div class="tab" class:tab-active=active role="presentation">
            <button
                class="tab-label"
                role="tab"
                id=format!("tab-{id}")
                aria-controls=format!("pane-{id}")
                aria-selected=move || active.get().to_string()
                aria-keyshortcuts=closes.then_some("Delete")
                tabindex=move || if active.get() { "0" } else { "-1" }
                on:click=move |_| {
                    states.of(id).keeps_focus_in_tab.set_value(false);
                    tabs.update(|tabs| tabs.activate(id));
                    states.of(id).focus.notify();
                }
            >
                <span class="tab-number" aria-hidden="true">{id.to_string()}</span>
                {move || process.with(|process| label(id, process))}
            </button>
            // For a pointer; the keyboard and assistive technology have Delete on the tab.
            {closes
                .then(|| {
                    view! {
                        <button
                            class="tab-close"
                            tabindex="-1"
                            aria-hidden="true"
                            title=format!("Close terminal {id}")
                            on:click=move |_| on_close.run(id)
                        >
                            {icons::close()}
                        </button>
                    }
                })}
        </div>
    }
}

fn focus_tab(id: TerminalId) {
    let tab = document().get_element_by_id(&format!("tab-{id}"));
    if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<web_sys::HtmlElement>().ok()) {
        // It is on the page, for its key was just pressed.
        let _ = tab.focus();
    }
}
