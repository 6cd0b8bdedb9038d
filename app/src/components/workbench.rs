//! The terminals of a session and all that acts on them: tabs, tiles, palette, shortcuts, key bar.
//!
//! A part of the page's wasm of its own, fetched when a session is looked at; see docs/decisions/005. The
//! server leaves its place empty: nothing of it works before its code is there.

use leptos::html::Div;
use leptos::prelude::*;

use super::session_page::SessionPage;

/// The workbench, once its code is there; the terminals themselves while they are `shown`.
#[component]
pub fn Workbench(page: SessionPage, shown: Memo<bool>) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    #[cfg(feature = "hydrate")]
    super::fetched::fetch(place, move |owner, parent| workbench(owner, parent, page, shown));
    #[cfg(not(feature = "hydrate"))]
    let _ = (page, shown);
    view! { <div node_ref=place class="fetched"></div> }
}

#[cfg(feature = "hydrate")]
#[cfg_attr(not(test), lazy)]
async fn workbench(
    owner: Owner,
    parent: web_sys::Element,
    page: SessionPage,
    shown: Memo<bool>,
) -> super::fetched::Attached {
    use super::palette::Palette;
    use super::shortcuts::Shortcuts;
    use super::terminals::Terminals;

    super::fetched::attach(&owner, &parent, move || {
        crate::terminal::browser::follow_shortcuts(page);
        view! {
            <Show when=move || shown.get()>
                <Terminals page/>
            </Show>
            <Palette page/>
            <Shortcuts page/>
        }
    })
}
