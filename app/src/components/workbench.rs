//! The terminals of a session and all that acts on them: tabs, tiles, palette, shortcuts, key bar.
//!
//! A part of the page's wasm of its own, fetched when a session is looked at; see docs/decisions/005. The
//! server leaves its place empty: nothing of it works before its code is there.

use leptos::prelude::*;

use super::part::{Part, PartPlace};
use super::session_page::SessionPage;

/// The workbench, once its code is there; the terminals themselves while they are `shown`.
#[component]
pub fn Workbench(page: SessionPage, shown: Memo<bool>) -> impl IntoView {
    let part = Part::new("The terminals");
    #[cfg(feature = "hydrate")]
    {
        use super::fetched::{call, fetch};
        fetch(part, move |owner, parent| call(workbench(owner, parent, page, shown)));
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (page, shown);
    view! { <PartPlace part/> }
}

// Not `#[lazy]`, which panics when the code can't be had, and the page with it.
#[cfg(feature = "hydrate")]
#[cfg_attr(not(test), leptos::wasm_split::wasm_split(workbench, wasm_split_path = leptos::wasm_split, fallible))]
fn workbench(owner: Owner, parent: web_sys::Element, page: SessionPage, shown: Memo<bool>) -> super::fetched::Fetched {
    use super::session_palette::SessionPalette;
    use super::shortcuts::Shortcuts;
    use super::terminals::Terminals;

    Ok(super::fetched::attach(&owner, &parent, move || {
        crate::terminal::browser::follow_shortcuts(page);
        view! {
            <Show when=move || shown.get()>
                <Terminals page/>
            </Show>
            <SessionPalette page/>
            <Shortcuts page/>
        }
    }))
}
