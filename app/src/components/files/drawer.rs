//! The files beside any page: at a desk along its right edge, elsewhere as a sheet over it.

use leptos::ev::KeyboardEvent;
use leptos::html::Section;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::explorer::Explorer;
use super::view::Files;
use crate::browser::{follow_media, remember, remembered};
use crate::components::icons;
use crate::contexts::panels::{Panel, Panels};
use crate::model::storage::At;

/// Where there is no room beside the page.
const OVER: &str = "(max-width: 999px), (max-height: 480px)";
/// The folder that was open last, in this browser.
const FOLDER: &str = "berth:files:folder";

#[component]
pub fn Drawer() -> AnyView {
    let panels = Panels::get();
    let open = panels.is_open(Panel::Files);
    let wanted = panels.folder.try_update(Option::take).flatten();
    let last = || remembered(FOLDER).and_then(|kept| serde_json::from_str::<At>(&kept).ok());
    let place = wanted.or_else(last).unwrap_or_else(|| At::home(Default::default()));
    let explorer = Explorer::new(place, open);
    explorer.provide();
    Effect::new(move |_| {
        if let Some(at) = panels.folder.get() {
            panels.folder.set(None);
            explorer.go(at);
        }
    });
    Effect::new(move |_| {
        if let Ok(place) = explorer.place.with(serde_json::to_string) {
            remember(FOLDER, &place);
        }
    });

    let over = RwSignal::new(false);
    follow_media(OVER, move |is_over| {
        let _ = over.try_set(is_over);
    });
    let drawer = NodeRef::<Section>::new();
    let before = StoredValue::new_local(None::<web_sys::HtmlElement>);
    Effect::new(move |was: Option<bool>| {
        let (open, over) = (open.get(), over.get());
        arrange(drawer, open, over);
        match (was.unwrap_or(false), open) {
            (false, true) => {
                let focused = document().active_element().and_then(|focused| focused.dyn_into().ok());
                before.set_value(focused);
                explorer.focus.notify();
            }
            (true, false) => give_back(drawer, before.try_update_value(Option::take).flatten()),
            _ => {}
        }
        open
    });
    on_cleanup(move || arrange(drawer, false, false));

    let close = move || panels.close(Panel::Files);
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.default_prevented() {
            event.prevent_default();
            event.stop_propagation();
            close();
        }
    };
    view! {
        <div class="drawer-backdrop" class:drawer-open=open on:click=move |_| close()></div>
        <section
            node_ref=drawer
            class="drawer"
            class:drawer-open=open
            role="dialog"
            aria-modal=move || over.get().then_some("true")
            aria-labelledby="drawer-title"
            on:keydown=on_key
        >
            <header class="drawer-head">
                <h2 id="drawer-title">"Files"</h2>
                <a class="button button-quiet" href="/files">
                    "Whole page"
                </a>
                <button class="button button-quiet button-icon" aria-label="Close files" on:click=move |_| close()>
                    {icons::close()}
                </button>
            </header>
            <Files/>
        </section>
    }
    .into_any()
}

/// The page makes room beside the drawer; under it, it is out of reach.
fn arrange(drawer: NodeRef<Section>, open: bool, over: bool) {
    let Some(root) = document().document_element() else { return };
    // Constant, valid names, here and below.
    let _ = if open && !over { root.set_attribute("data-drawer", "") } else { root.remove_attribute("data-drawer") };
    let (Some(body), Some(drawer)) = (document().body(), drawer.try_get_untracked().flatten()) else { return };
    let drawer: &web_sys::Element = drawer.as_ref();
    let children = body.children();
    for child in (0..children.length()).filter_map(|place| children.item(place)) {
        let stays = child.contains(Some(drawer)) || child.class_list().contains("toasts");
        let _ = if open && over && !stays { child.set_attribute("inert", "") } else { child.remove_attribute("inert") };
    }
}

/// The keyboard goes back to where it was, unless the person took it elsewhere.
fn give_back(drawer: NodeRef<Section>, before: Option<web_sys::HtmlElement>) {
    let focused = document().active_element();
    let inside = drawer.get_untracked().is_some_and(|drawer| drawer.contains(focused.as_deref()));
    let is_free = inside || focused.is_none_or(|focused| focused.tag_name() == "BODY");
    if let Some(before) = before.filter(|before| is_free && before.is_connected()) {
        // It had it when the drawer opened.
        let _ = before.focus();
    }
}
