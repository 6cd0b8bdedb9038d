//! A palette: all that can be done here, by a few of its letters. What there is to do is whoever's opens it.

use leptos::ev::KeyboardEvent;
use leptos::html::{Dialog, Input};
use leptos::prelude::*;
use protocol::SessionId;
use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};

use crate::terminal::commands::Command;
use crate::terminal::fuzzy;

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub what: What,
    pub title: String,
    pub keys: Option<String>,
    pub possible: bool,
}

impl Entry {
    /// One that can be done, without keys of its own.
    pub fn new(what: What, title: impl Into<String>) -> Self {
        Self { what, title: title.into(), keys: None, possible: true }
    }
}

/// What a line does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A command of a session's page.
    Command(Command),
    Open(SessionId),
    Start(SessionId),
    Stop(SessionId),
    /// A new session of an agent.
    New(String),
    /// The list of agents, with all that a new session can be made of.
    ChooseAgent,
    ApplyPreset(String),
    Files,
    Settings,
}

/// The palette, while it is `open`.
#[component]
pub fn Palette(
    #[prop(into)] open: Signal<bool>,
    /// In the order that they have until something is typed.
    #[prop(into)]
    entries: Signal<Vec<Entry>>,
    /// Gets what was chosen, after `on_close`.
    on_choose: Callback<What>,
    /// Is told that it closes, and whether nothing was chosen.
    on_close: Callback<bool>,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if open.get() {
            // Fails only when it is open already.
            let _ = dialog.show_modal();
        } else {
            dialog.close();
        }
    });
    // Closed first, so that what the entry does with the keyboard is done last.
    let choose = Callback::new(move |entry: Entry| {
        if !entry.possible {
            return;
        }
        on_close.run(false);
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
        on_choose.run(entry.what);
    });

    view! {
        <dialog
            node_ref=dialog
            class="dialog palette"
            aria-label="Commands"
            // Escape, and whatever else the browser closes a dialog for.
            on:close=move |_| {
                if open.get_untracked() {
                    on_close.run(true);
                }
            }
            // A press beside the box is one on the dialog itself.
            on:click=move |event| {
                if event.target() == event.current_target() {
                    on_close.run(true);
                }
            }
        >
            <Show when=move || open.get()>
                <Search entries choose/>
            </Show>
        </dialog>
    }
}

#[component]
fn Search(entries: Signal<Vec<Entry>>, choose: Callback<Entry>) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let query = RwSignal::new(String::new());
    let chosen = RwSignal::new(0_usize);
    let entries = Memo::new(move |_| query.with(|query| find(entries.get(), query)));
    let count = Memo::new(move |_| entries.with(Vec::len));
    let has_any = Memo::new(move |_| count.get() > 0);
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            // An element that just came into the page can take focus.
            let _ = input.focus();
        }
    });
    Effect::new(move |_| {
        if let Some(line) = document().get_element_by_id(&line_id(chosen.get())) {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            line.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    let step = move |by: isize| {
        let count = isize::try_from(count.get_untracked()).unwrap_or(1).max(1);
        chosen.update(|chosen| {
            let next = (isize::try_from(*chosen).unwrap_or(0) + by).rem_euclid(count);
            *chosen = usize::try_from(next).unwrap_or(0);
        });
    };
    let on_key = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "ArrowDown" => step(1),
            "ArrowUp" => step(-1),
            "Enter" if !event.is_composing() => {
                let entry = entries.with_untracked(|entries| entries.get(chosen.get_untracked()).cloned());
                entry.into_iter().for_each(|entry| choose.run(entry));
            }
            _ => return,
        }
        event.prevent_default();
    };

    view! {
        <input
            node_ref=input
            class="input palette-input"
            type="text"
            role="combobox"
            aria-label="Find a command"
            aria-autocomplete="list"
            aria-controls="palette-list"
            aria-expanded=move || has_any.get().to_string()
            aria-activedescendant=move || has_any.get().then(|| line_id(chosen.get()))
            placeholder="Find a command or a session"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            on:keydown=on_key
            on:input=move |event| {
                chosen.set(0);
                query.set(event_target_value(&event));
            }
        />
        <Show
            when=move || has_any.get()
            fallback=|| view! { <p class="palette-none" role="status">"Nothing by that name"</p> }
        >
            <ul class="palette-list" id="palette-list" role="listbox" aria-label="Commands">
                {move || {
                    let lines = entries.get().into_iter().enumerate();
                    lines.map(|(place, entry)| view! { <Line place entry chosen choose/> }).collect_view()
                }}
            </ul>
        </Show>
    }
}

#[component]
fn Line(place: usize, entry: Entry, chosen: RwSignal<usize>, choose: Callback<Entry>) -> impl IntoView {
    let Entry { title, keys, possible, .. } = entry.clone();
    view! {
        <li
            class="palette-line"
            id=line_id(place)
            role="option"
            aria-selected=move || (chosen.get() == place).to_string()
            aria-disabled=(!possible).then_some("true")
            on:pointermove=move |_| {
                if chosen.get_untracked() != place {
                    chosen.set(place);
                }
            }
            on:click=move |_| choose.run(entry.clone())
        >
            <span class="palette-title">{title}</span>
            {keys.map(|keys| view! { <kbd>{keys}</kbd> })}
        </li>
    }
}

fn line_id(place: usize) -> String {
    format!("palette-{place}")
}

/// What fits `query`, the best first; what can't be done now comes last.
fn find(entries: Vec<Entry>, query: &str) -> Vec<Entry> {
    let mut found: Vec<(i32, Entry)> =
        entries.into_iter().filter_map(|entry| Some((fuzzy::score(query, &entry.title)?, entry))).collect();
    // Stable: what fits alike stays in its order.
    found.sort_by_key(|(score, entry)| (!entry.possible, -score));
    found.into_iter().map(|(_, entry)| entry).collect()
}
