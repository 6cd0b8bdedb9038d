//! A button with a menu. An item's own press does its work; the menu closes by itself.

use leptos::ev::{FocusEvent, KeyboardEvent};
use leptos::html::{Button, Div};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// `children` are buttons with the role of a `menuitem` or `menuitemradio` and no place in the order
/// of the Tab key.
#[component]
pub fn Menu(
    open: RwSignal<bool>,
    /// What the button is called.
    #[prop(into)]
    label: Signal<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    icon: AnyView,
    children: ChildrenFn,
) -> impl IntoView {
    let button = NodeRef::<Button>::new();
    let panel = NodeRef::<Div>::new();
    let children = StoredValue::new(children);

    Effect::new(move |_| {
        if open.get() {
            focus(panel, 0);
        }
    });
    let close = move || {
        open.set(false);
        if let Some(button) = button.get_untracked() {
            // The button is on the page as long as its menu.
            let _ = button.focus();
        }
    };
    let on_key = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "Escape" => close(),
            "ArrowDown" => focus(panel, 1),
            "ArrowUp" => focus(panel, -1),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let on_focus_out = move |event: FocusEvent| {
        let into = event.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        // Gone with the page, whose removal takes the keyboard away too.
        let Some(shown) = panel.try_get_untracked().flatten().filter(|panel| panel.is_connected()) else { return };
        let inside = shown.contains(into.as_ref());
        // A press on the button itself closes by its own handler.
        let on_button = button.get_untracked().is_some_and(|button| button.contains(into.as_ref()));
        if !inside && !on_button {
            open.set(false);
        }
    };
    // After the item's own work, which may have taken the keyboard elsewhere.
    let on_click = move |_| {
        let focused = document().active_element();
        let inside = panel.get_untracked().is_some_and(|panel| panel.contains(focused.as_deref()));
        if inside { close() } else { open.set(false) }
    };

    view! {
        <div class="menu">
            <button
                node_ref=button
                class="button button-quiet button-icon"
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                aria-label=label
                title=label
                disabled=disabled
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {icon}
            </button>
            <Show when=move || open.get()>
                <div
                    node_ref=panel
                    class="menu-panel"
                    role="menu"
                    aria-label=label
                    on:keydown=on_key
                    on:focusout=on_focus_out
                    on:click=on_click
                >
                    {children.with_value(|children| children())}
                </div>
            </Show>
        </div>
    }
}

/// Moves the focus within the menu, `by` items from where it is and round the ends; with 0 to the first.
pub fn focus(panel: NodeRef<Div>, by: i64) {
    let Some(items) = panel.get_untracked().and_then(|panel| panel.query_selector_all("[role^=menuitem]").ok()) else {
        return;
    };
    let count = i64::from(items.length());
    let focused = document().active_element();
    let current = (0..items.length())
        .find(|place| items.get(*place).as_ref() == focused.as_ref().map(AsRef::<web_sys::Node>::as_ref))
        .map_or(0, i64::from);
    let wanted = if by == 0 || count == 0 { 0 } else { (current + by).rem_euclid(count) };
    let item = u32::try_from(wanted).ok().and_then(|place| items.get(place));
    if let Some(item) = item.and_then(|item| item.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = item.focus();
    }
}
