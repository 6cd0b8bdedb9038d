//! Where the files open: as a drawer beside any page, or on a page of their own. Their code comes with the first time.

#[cfg(feature = "hydrate")]
mod actions;
#[cfg(feature = "hydrate")]
mod crumbs;
#[cfg(feature = "hydrate")]
mod dialogs;
#[cfg(feature = "hydrate")]
mod drawer;
#[cfg(feature = "hydrate")]
mod drop_zone;
#[cfg(feature = "hydrate")]
mod explorer;
#[cfg(feature = "hydrate")]
mod keys;
#[cfg(feature = "hydrate")]
mod list;
#[cfg(feature = "hydrate")]
mod picker;
#[cfg(feature = "hydrate")]
mod preview;
#[cfg(feature = "hydrate")]
mod queue;
#[cfg(feature = "hydrate")]
mod row;
#[cfg(feature = "hydrate")]
mod row_menu;
#[cfg(feature = "hydrate")]
mod search;
#[cfg(feature = "hydrate")]
mod stats;
#[cfg(feature = "hydrate")]
mod toolbar;
#[cfg(feature = "hydrate")]
mod trash;
#[cfg(feature = "hydrate")]
mod view;

use leptos::prelude::*;
use leptos_router::components::A;

use super::icons;
use super::part::{Part, PartPlace};
use crate::contexts::panels::{Panel, Panels};

/// The drawer, from the first time that it is opened. It stays then, closed or open, so that files that are being sent
/// are sent on.
#[component]
pub fn FilesHost() -> impl IntoView {
    let panels = Panels::get();
    let open = panels.is_open(Panel::Files);
    let wanted = RwSignal::new(false);
    Effect::new(move |_| {
        if open.get() {
            wanted.set(true);
        }
    });
    #[cfg(feature = "hydrate")]
    hear(panels);
    let give_up = Callback::new(move |()| {
        panels.close(Panel::Files);
        wanted.set(false);
    });
    view! {
        <Show when=move || wanted.get()>
            <FilesPlace is_page=false on_close=give_up/>
        </Show>
    }
}

/// Where the files go on their own page.
#[component]
pub fn FilesOnPage() -> impl IntoView {
    view! { <FilesPlace is_page=true on_close=Callback::new(|()| {})/> }
}

#[component]
fn FilesPlace(is_page: bool, on_close: Callback<()>) -> impl IntoView {
    let part = Part::new("The files");
    #[cfg(feature = "hydrate")]
    {
        use super::fetched::{call, fetch};
        fetch(part, move |owner, parent| call(files(owner, parent, is_page)));
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = is_page;
    view! { <PartPlace part on_close/> }
}

/// Opens the drawer, or closes it.
#[component]
pub fn FilesButton() -> impl IntoView {
    let panels = Panels::get();
    let open = panels.is_open(Panel::Files);
    // Those of an open drawer are seen.
    let questions = move || if open.get() { 0 } else { panels.questions.get() };
    let label = move || match questions() {
        0 => "Files".to_owned(),
        1 => "Files: 1 name is taken".to_owned(),
        many => format!("Files: {many} names are taken"),
    };
    let count = move || (questions() > 0).then(|| view! { <span class="files-questions">{questions}</span> });
    view! {
        <button
            class="button button-quiet button-icon files-button"
            aria-label=label
            title="Files"
            aria-expanded=move || open.get().to_string()
            on:click=move |_| panels.toggle(Panel::Files)
        >
            {icons::folder()} {count}
        </button>
    }
}

/// The way between sessions and files on a phone.
#[component]
pub fn BottomNavigation() -> impl IntoView {
    view! {
        <nav class="bottom-nav" aria-label="Pages">
            <A href="/" exact=true>{icons::terminal()} "Sessions"</A>
            <A href="/files">{icons::folder()} "Files"</A>
        </nav>
    }
}

/// The drawer's keys, where no session's commands hear them first.
#[cfg(feature = "hydrate")]
fn hear(panels: Panels) {
    Effect::new(move |_| {
        let listener = window_event_listener(leptos::ev::keydown, move |event| {
            let main = if crate::browser::is_mac() { event.meta_key() } else { event.ctrl_key() };
            let is_ours = main && event.shift_key() && !event.alt_key() && event.code() == "KeyE";
            let on_page = window().location().pathname().is_ok_and(|path| path == "/files");
            let covered = document().query_selector("dialog:modal").is_ok_and(|dialog| dialog.is_some());
            if is_ours && !on_page && !covered && !event.repeat() {
                event.prevent_default();
                panels.toggle(Panel::Files);
            }
        });
        on_cleanup(move || listener.remove());
    });
}

#[cfg(feature = "hydrate")]
#[cfg_attr(not(test), leptos::wasm_split::wasm_split(files, wasm_split_path = leptos::wasm_split, fallible))]
fn files(owner: Owner, parent: web_sys::Element, is_page: bool) -> super::fetched::Fetched {
    use super::fetched::attach;
    Ok(if is_page {
        attach(&owner, &parent, || view! { <view::OnPage/> })
    } else {
        attach(&owner, &parent, || view! { <drawer::Drawer/> })
    })
}
