//! The strip of a session's tabs.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use protocol::TerminalId;

use super::icons;
use super::layout_menu::LayoutMenu;
use super::session_page::{SessionPage, focus_tab, tab_id};
use super::tab_drag::{Drag, keep_in_sight};
use crate::terminal::commands::Command;
use crate::terminal::layout::Layout;
use crate::terminal::tabs::{Tabs, label};

#[component]
pub fn TerminalTabs(page: SessionPage) -> impl IntoView {
    let SessionPage { tabs, states, .. } = page;
    let full = Memo::new(move |_| tabs.with(Tabs::is_full));
    let tiled = Memo::new(move |_| page.layout() != Layout::Tabbed);
    let lifted = RwSignal::new(None);
    let held = RwSignal::new(None);
    let on_key = move |event: KeyboardEvent| {
        let active = tabs.with_untracked(Tabs::active);
        let moves = event.alt_key() && event.shift_key();
        let shown = match event.key().as_str() {
            "ArrowLeft" | "ArrowRight" if moves => {
                page.move_tab(active, if event.key() == "ArrowLeft" { -1 } else { 1 });
                event.prevent_default();
                return;
            }
            "ArrowRight" => tabs.with_untracked(|tabs| tabs.neighbour(1)),
            "ArrowLeft" => tabs.with_untracked(|tabs| tabs.neighbour(-1)),
            "Home" => TerminalId::FIRST,
            "End" => tabs.with_untracked(|tabs| tabs.open().last().copied().unwrap_or(active)),
            "Delete" => {
                page.close(active);
                tabs.with_untracked(Tabs::active)
            }
            _ => return,
        };
        event.prevent_default();
        states.of(shown).keeps_focus_in_tab.set_value(true);
        tabs.update(|tabs| tabs.activate(shown));
        focus_tab(shown);
    };
    let drag = Drag::new(page, lifted, held);
    keep_in_sight(tabs);
    view! {
        <div class="tab-strip">
            <div
                class="tabs"
                role="tablist"
                aria-label="Terminals"
                aria-multiselectable=move || tiled.get().then_some("true")
                on:keydown=on_key
                on:pointerdown=move |event| drag.down(&event)
                on:pointermove=move |event| drag.moved(&event)
                on:pointerup=move |event| drag.up(&event)
                on:pointercancel=move |_| drag.end()
                on:touchmove=move |event| drag.touch(&event)
                // A long press has its own meaning here.
                on:contextmenu=move |event| {
                    if lifted.get_untracked().is_some() {
                        event.prevent_default();
                    }
                }
            >
                <For each=move || tabs.with(|tabs| tabs.open().to_vec()) key=|id| *id let(id)>
                    <Tab id page lifted held/>
                </For>
            </div>
            <button
                class="button button-quiet button-icon"
                aria-label="New terminal"
                title=move || if full.get() { "A session has at most six terminals" } else { "New terminal" }
                disabled=full
                on:click=move |_| page.run(Command::NewTab)
            >
                {icons::plus()}
            </button>
            <LayoutMenu page/>
        </div>
    }
}

#[component]
fn Tab(
    id: TerminalId,
    page: SessionPage,
    lifted: RwSignal<Option<TerminalId>>,
    held: RwSignal<Option<TerminalId>>,
) -> impl IntoView {
    let active = Memo::new(move |_| page.tabs.with(|tabs| tabs.active() == id));
    let shown = Memo::new(move |_| page.shown().contains(&id));
    let state = page.states.of(id);
    let closes = id != TerminalId::FIRST;
    // What else the program says of itself.
    let title = move || Some(state.title.get()).filter(|title| !title.is_empty());
    view! {
        <div
            class="tab"
            class:tab-active=active
            class:tab-shown=shown
            class:tab-lifted=move || lifted.get() == Some(id)
            class:tab-held=move || held.get() == Some(id)
            role="presentation"
        >
            <button
                class="tab-label"
                role="tab"
                id=tab_id(id)
                title=title
                aria-controls=format!("pane-{id}")
                aria-selected=move || shown.get().to_string()
                aria-current=move || active.get().then_some("true")
                aria-keyshortcuts=closes.then_some("Delete")
                tabindex=move || if active.get() { "0" } else { "-1" }
                on:click=move |_| page.show(id)
            >
                <span class="tab-number" aria-hidden="true">{id.to_string()}</span>
                {icons::process(state.process)}
                <span class="tab-text">{move || state.process.with(|process| label(id, process))}</span>
                <Show when=move || state.calls.get()>
                    <span class="tab-calls"><span class="visually-hidden">"calls"</span></span>
                </Show>
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
                            on:click=move |_| {
                                held.set(None);
                                page.close(id);
                            }
                        >
                            {icons::close()}
                        </button>
                    }
                })}
        </div>
    }
}
