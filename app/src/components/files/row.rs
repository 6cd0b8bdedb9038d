//! One row of the list.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::explorer::Explorer;
use super::keys;
use super::list::row_id;
use crate::components::icons;
use crate::files::{kind, says};
use crate::model::storage::{Entry, Kind};

#[component]
pub fn Row(explorer: Explorer, row: u32, top: f64) -> AnyView {
    let entry = Memo::new(move |_| explorer.listing.with(|listing| listing.get(row).cloned()));
    let name = Memo::new(move |_| entry.with(|entry| entry.as_ref().map(|entry| entry.name.clone())));
    let selected = Memo::new(move |_| {
        name.with(|name| {
            let Some(name) = name.as_deref() else { return false };
            explorer.selection.with(|selection| selection.contains(name))
        })
    });
    let is_cursor = Memo::new(move |_| explorer.selection.with(|selection| selection.cursor() == row));
    let is_quiet = move || {
        entry.with(|entry| entry.as_ref().is_some_and(|entry| entry.name.starts_with('.') || !entry.is_reachable))
    };
    let pressed = move |event: MouseEvent| {
        if let Some(entry) = entry.get_untracked() {
            press(explorer, row, &entry, &event);
        }
    };
    let open_menu = move |event: MouseEvent| {
        event.prevent_default();
        event.stop_propagation();
        if let Some(name) = name.get_untracked() {
            explorer.selection.update(|selection| selection.go_to(row, Some(&name)));
            // By the right button at the pointer, by its own button below that.
            let at = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            let (x, y) = match at.filter(|_| event.type_() == "click").map(|at| at.get_bounding_client_rect()) {
                Some(button) => (button.right(), button.bottom()),
                None => (f64::from(event.client_x()), f64::from(event.client_y())),
            };
            explorer.menu.set(Some((name, x, y)));
        }
    };
    view! {
        <div
            id=row_id(row)
            role="row"
            class="file-row"
            class:file-row-cursor=is_cursor
            class:file-row-quiet=is_quiet
            aria-rowindex=(row + 2).to_string()
            aria-selected=move || selected.get().to_string()
            style:top=format!("{top}px")
            on:click=pressed
            on:contextmenu=open_menu
        >
            {move || {
                entry.get().map(|entry| cells(explorer, row, &entry, selected.into()))
            }}
            <span role="gridcell" class="file-more" aria-colindex="5">
                <button
                    class="button button-quiet button-icon"
                    tabindex="-1"
                    aria-haspopup="menu"
                    aria-label=move || format!("More for {}", name.get().unwrap_or_default())
                    on:click=open_menu
                >
                    {icons::more()}
                </button>
            </span>
        </div>
    }
    .into_any()
}

fn cells(explorer: Explorer, row: u32, entry: &Entry, selected: Signal<bool>) -> impl IntoView + use<> {
    let icon = kind::icon(entry.kind, &entry.media_type, &entry.name);
    let name = entry.name.clone();
    let toggled = entry.name.clone();
    let modified = entry.modified_at.clone();
    let title = entry.modified_at.clone();
    let size = if entry.kind == Kind::Folder { String::new() } else { says::size(entry.size) };
    let toggle = move |event: MouseEvent| {
        event.stop_propagation();
        if event.shift_key() {
            keys::extend(explorer, row);
        } else {
            explorer.selection.update(|selection| selection.toggle(row, &toggled));
        }
        explorer.focus.notify();
    };
    view! {
        <span role="gridcell" class="file-name" aria-colindex="1">
            <button
                class="file-check"
                role="checkbox"
                tabindex="-1"
                aria-label=format!("Select {name}")
                aria-checked=move || selected.get().to_string()
                on:click=toggle
            >
                {move || {
                    if selected.get() { icons::drawn("M3.5 8.5l3 3 6-7") } else { icons::drawn(icon) }
                }}
            </button>
            <span class="file-text" title=name.clone()>
                {name.clone()}
            </span>
            {entry.is_protected.then(|| view! { <span class="file-mark">"protected"</span> })}
        </span>
        <span role="gridcell" class="file-size" aria-colindex="2">
            {size}
        </span>
        <span role="gridcell" class="file-when" aria-colindex="3" title=title>
            {move || says::when(explorer.clock.now(), &modified)}
        </span>
        <span role="gridcell" class="file-type" aria-colindex="4">
            {kind::said(entry).to_owned()}
        </span>
    }
}

/// A press opens; with Ctrl, Shift, or while selecting, it selects.
fn press(explorer: Explorer, row: u32, entry: &Entry, event: &MouseEvent) {
    if event.shift_key() {
        keys::extend(explorer, row);
    } else if event.ctrl_key() || event.meta_key() || explorer.selecting.get_untracked() {
        explorer.selection.update(|selection| selection.toggle(row, &entry.name));
    } else {
        explorer.selection.update(|selection| selection.go_to(row, Some(&entry.name)));
        explorer.open(entry);
    }
}
