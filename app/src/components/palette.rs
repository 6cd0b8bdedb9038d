//! The command palette: every command by a few of its letters, and the way to other sessions.

use leptos::ev::KeyboardEvent;
use leptos::html::{Dialog, Input};
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::SessionId;
use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};

use super::session_page::{Panel, SessionPage};
use crate::api::session::list_sessions;
use crate::browser::is_mac;
use crate::terminal::commands::{Command, Group};
use crate::terminal::fuzzy;

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    what: What,
    title: String,
    keys: Option<String>,
    possible: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Command(Command),
    Session(SessionId),
}

#[component]
pub fn Palette(page: SessionPage) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let open = Memo::new(move |_| page.panel.get() == Some(Panel::Palette));
    let sessions = RwSignal::new(Vec::<(SessionId, String)>::new());
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if open.get() {
            // Fails only when it is open already.
            let _ = dialog.show_modal();
            spawn_local(async move {
                // Without the others the commands are still there, and the list of sessions says why.
                let read = list_sessions().await.unwrap_or_default();
                let here = page.session.try_with_untracked(|session| session.id.clone());
                let others = read.into_iter().filter(|session| Some(&session.id) != here.as_ref());
                let _ = sessions.try_set(others.map(|session| (session.id, session.name)).collect());
            });
        } else {
            dialog.close();
        }
    });
    // Escape, and whatever else the browser closes a dialog for.
    let on_close = move |_| {
        if page.panel.get_untracked() == Some(Panel::Palette) {
            page.panel.set(None);
            page.focus();
        }
    };
    // Closed first, so that what the entry does with the keyboard is done last.
    let choose = Callback::new(move |entry: Entry| {
        if !entry.possible {
            return;
        }
        page.panel.set(None);
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
        match entry.what {
            What::Command(command) => {
                if !command.moves_focus() {
                    page.focus();
                }
                page.run(command);
            }
            What::Session(id) => page.go(format!("/sessions/{id}")),
        }
    });

    view! {
        <dialog
            node_ref=dialog
            class="dialog palette"
            aria-label="Commands"
            on:close=on_close
            // A press beside the box is one on the dialog itself.
            on:click=move |event| {
                if event.target() == event.current_target() {
                    page.panel.set(None);
                    page.focus();
                }
            }
        >
            <Show when=move || open.get()>
                <Search page sessions choose/>
            </Show>
        </dialog>
    }
}

#[component]
fn Search(page: SessionPage, sessions: RwSignal<Vec<(SessionId, String)>>, choose: Callback<Entry>) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let query = RwSignal::new(String::new());
    let chosen = RwSignal::new(0_usize);
    let entries = Memo::new(move |_| query.with(|query| sessions.with(|sessions| find(page, sessions, query))));
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
fn find(page: SessionPage, sessions: &[(SessionId, String)], query: &str) -> Vec<Entry> {
    let (now, mac) = (page.situation(), is_mac());
    let commands =
        Group::ALL.into_iter().flat_map(|group| Command::all().filter(move |command| command.group() == group));
    let commands = commands.map(|command| Entry {
        what: What::Command(command),
        title: command.title().to_owned(),
        keys: command.keys(mac),
        possible: command.is_possible(&now),
    });
    let sessions = sessions.iter().map(|(id, name)| Entry {
        what: What::Session(id.clone()),
        title: format!("Switch to session: {name}"),
        keys: None,
        possible: true,
    });
    let mut found: Vec<(i32, Entry)> =
        commands.chain(sessions).filter_map(|entry| Some((fuzzy::score(query, &entry.title)?, entry))).collect();
    // Stable: what fits alike stays in the order of the groups.
    found.sort_by_key(|(score, entry)| (!entry.possible, -score));
    found.into_iter().map(|(_, entry)| entry).collect()
}
