//! What can be done with one row, as a menu at its place.

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;

use super::explorer::{Ask, Explorer};
use crate::components::menu::focus;
use crate::model::storage::Kind;

/// Room that the menu needs, CSS pixels.
const WIDTH: f64 = 190.0;
const HEIGHT: f64 = 300.0;

#[component]
pub fn RowMenu() -> AnyView {
    let explorer: Explorer = expect_context();
    let shown = move || {
        let (name, x, y) = explorer.menu.get()?;
        let entry = explorer.entry(&name)?;
        Some(view! { <Panel explorer entry x y/> })
    };
    (move || shown().map(IntoAny::into_any)).into_any()
}

#[component]
fn Panel(explorer: Explorer, entry: crate::model::storage::Entry, x: f64, y: f64) -> AnyView {
    let panel = NodeRef::<Div>::new();
    Effect::new(move |_| {
        if panel.get().is_some() {
            focus(panel, 0);
        }
    });
    let size = |of: Result<wasm_bindgen::JsValue, _>| of.ok().and_then(|size| size.as_f64()).unwrap_or_default();
    let left = (x - WIDTH).clamp(8.0, (size(window().inner_width()) - WIDTH - 8.0).max(8.0));
    let top = y.clamp(8.0, (size(window().inner_height()) - HEIGHT - 8.0).max(8.0));
    let close = move || explorer.menu.set(None);
    let on_key = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "Escape" | "Tab" => {
                close();
                explorer.focus.notify();
            }
            "ArrowDown" => focus(panel, 1),
            "ArrowUp" => focus(panel, -1),
            _ => {
                event.stop_propagation();
                return;
            }
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let name = entry.name.clone();
    let reachable = entry.is_reachable;
    let item = move |label: &'static str, class: &'static str, act: Box<dyn Fn()>| {
        view! {
            <button
                class=format!("menu-item {class}")
                role="menuitem"
                tabindex="-1"
                disabled=!reachable
                on:click=move |_| {
                    close();
                    explorer.focus.notify();
                    act();
                }
            >
                {label}
            </button>
        }
    };
    let one = vec![name.clone()];
    let (to_download, to_move, to_copy, to_delete) = (one.clone(), one.clone(), one.clone(), one);
    let renamed = name.clone();
    let open = if entry.kind == Kind::Folder { "Open" } else { "Preview" };
    view! {
        <div class="menu-away" on:click=move |_| close() on:contextmenu=move |event| event.prevent_default()></div>
        <div
            node_ref=panel
            class="menu-panel file-menu"
            role="menu"
            aria-label=format!("Actions for {name}")
            style=format!("left: {left}px; top: {top}px")
            on:keydown=on_key
        >
            {item(open, "", Box::new(move || explorer.open(&entry)))}
            {item("Download", "", Box::new(move || explorer.download(&to_download)))}
            {item("Rename", "", Box::new(move || explorer.ask.set(explorer.at(&renamed).map(Ask::Rename))))}
            {item(
                "Move…",
                "",
                Box::new(move || explorer.ask.set(Some(Ask::Place { items: explorer.all_at(&to_move), is_copy: false }))),
            )}
            {item(
                "Copy…",
                "",
                Box::new(move || explorer.ask.set(Some(Ask::Place { items: explorer.all_at(&to_copy), is_copy: true }))),
            )}
            {item("Delete", "menu-item-danger", Box::new(move || explorer.delete(&to_delete)))}
        </div>
    }
    .into_any()
}
