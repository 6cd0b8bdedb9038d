//! The bar that searches a terminal's screen and scrollback.

use leptos::ev::KeyboardEvent;
use leptos::html::Input;
use leptos::prelude::*;
use protocol::TerminalId;

use super::icons;
use super::session_page::SessionPage;
use crate::terminal::screen::{Direction, Found, Query};

#[component]
pub fn SearchBar(page: SessionPage, terminal: TerminalId) -> impl IntoView {
    let state = page.states.of(terminal);
    let input = NodeRef::<Input>::new();
    let query = RwSignal::new(Query::default());
    let find = move |direction| {
        state.with_screen(|screen| query.with_untracked(|query| screen.find(query, direction)));
    };
    let close = move || {
        page.searching.set(None);
        page.show(terminal);
    };
    // When it comes, and when it is asked for again.
    Effect::new(move |_| {
        page.search.track();
        if let Some(input) = input.get() {
            // An element that just came into the page can take focus.
            let _ = input.focus();
            input.select();
        }
    });
    on_cleanup(move || {
        state.with_screen(|screen| screen.end_find());
        let _ = state.found.try_set(Found::default());
    });
    let on_key = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "Escape" => close(),
            "Enter" if event.is_composing() => return,
            "Enter" if event.shift_key() => find(Direction::Previous),
            "Enter" if is_field(&event) => find(Direction::Next),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let is_empty = Memo::new(move |_| query.with(|query| query.text.is_empty()));
    let found = move || match state.found.get() {
        _ if is_empty.get() => String::new(),
        Found { count: 0, .. } => "no results".to_owned(),
        Found { index: 0, count } => format!("{count} found"),
        Found { index, count } => format!("{index} of {count}"),
    };
    let toggle = move |label: &'static str, sign: &'static str, of: fn(&mut Query) -> &mut bool| {
        let is_on = move || query.with(|query| *of(&mut query.clone()));
        view! {
            <button
                class="button button-quiet button-icon search-toggle"
                aria-label=label
                title=label
                aria-pressed=move || is_on().to_string()
                on:click=move |_| {
                    query.update(|query| {
                        let flag = of(query);
                        *flag = !*flag;
                    });
                    find(Direction::Here);
                }
            >
                {sign}
            </button>
        }
    };
    let go = move |label: &'static str, icon: AnyView, direction: Direction| {
        view! {
            <button
                class="button button-quiet button-icon"
                aria-label=label
                title=label
                disabled=is_empty
                on:click=move |_| find(direction)
            >
                {icon}
            </button>
        }
    };

    view! {
        <div class="search-bar" role="search" aria-label=format!("Terminal {terminal}") on:keydown=on_key>
            <input
                node_ref=input
                class="input search-input"
                type="text"
                aria-label="Find in terminal"
                placeholder="Find"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                on:input=move |event| {
                    query.update(|query| query.text = event_target_value(&event));
                    find(Direction::Here);
                }
            />
            <span class="search-found" role="status">
                {found}
            </span>
            {toggle("Match case", "Aa", |query| &mut query.case_sensitive)}
            {toggle("Whole word", "ab", |query| &mut query.whole_word)}
            {toggle("Regular expression", ".*", |query| &mut query.regex)}
            {go("Previous match", icons::up().into_any(), Direction::Previous)}
            {go("Next match", icons::down().into_any(), Direction::Next)}
            <button class="button button-quiet button-icon" aria-label="Close search" title="Close search" on:click=move |_| close()>
                {icons::close()}
            </button>
        </div>
    }
}

/// Whether a key was pressed in the field, and not on a button that has its own use for Enter.
fn is_field(event: &KeyboardEvent) -> bool {
    use wasm_bindgen::JsCast;

    event.target().is_some_and(|target| target.is_instance_of::<web_sys::HtmlInputElement>())
}
