//! Where a person rearranges the key bar: by dragging a key, or with the arrow keys on it.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::prelude::*;

use super::icons;
use crate::contexts::preferences::CurrentPreferences;
use crate::model::preferences::BarKey;
use crate::terminal::key_bar::{absent, add_key, label, move_key, name};

#[component]
pub fn KeyBarOrder() -> impl IntoView {
    let preferences = CurrentPreferences::get();
    let keys = Memo::new(move |_| preferences.signal().with(|preferences| preferences.key_bar.clone()));
    // The list as it is while a key is dragged; kept once it is let go.
    let shown = RwSignal::new(keys.get_untracked());
    let dragged = RwSignal::new(None::<usize>);
    Effect::new(move |_| shown.set(keys.get()));
    let keep = move || {
        let keys = shown.get_untracked();
        preferences.change(move |preferences| preferences.key_bar = keys);
    };
    let on_move = move |event: PointerEvent| {
        let Some(from) = dragged.get_untracked() else { return };
        if let Some(to) = index_at(event.client_x(), event.client_y()).filter(|to| *to != from) {
            shown.update(|keys| move_key(keys, from, to));
            dragged.set(Some(to));
        }
    };
    let drop = move |_: PointerEvent| {
        if dragged.get_untracked().is_some() {
            dragged.set(None);
            keep();
        }
    };
    let on_key = move |event: KeyboardEvent, index: usize| {
        let to = match event.key().as_str() {
            "ArrowLeft" | "ArrowUp" => index.checked_sub(1),
            "ArrowRight" | "ArrowDown" => Some(index + 1),
            "Delete" | "Backspace" => {
                event.prevent_default();
                shown.update(|keys| drop_key(keys, index));
                return keep();
            }
            _ => return,
        };
        event.prevent_default();
        if let Some(to) = to.filter(|to| *to < shown.with_untracked(Vec::len)) {
            shown.update(|keys| move_key(keys, index, to));
            keep();
            focus_later(to);
        }
    };
    view! {
        <div class="key-order">
            <p class="quiet" id="key-order-help">
                "Drag a key, or move it with the arrow keys."
            </p>
            <ol
                class="key-order-list"
                aria-label="Keys of the bar"
                aria-describedby="key-order-help"
                on:pointermove=on_move
                on:pointerup=drop
                on:pointercancel=drop
            >
                {move || {
                    let item = move |(index, key): (usize, BarKey)| {
                        view! {
                            <li class="key-order-item" class:key-order-dragged=move || dragged.get() == Some(index)>
                                <button
                                    type="button"
                                    class="bar-key"
                                    data-key-index=index.to_string()
                                    aria-label=format!("{}, key {} of the bar", name(key), index + 1)
                                    on:keydown=move |event| on_key(event, index)
                                    on:pointerdown=move |event: PointerEvent| {
                                        if event.button() == 0 {
                                            dragged.set(Some(index));
                                        }
                                    }
                                >
                                    {label(key)}
                                </button>
                                <button
                                    type="button"
                                    class="button button-quiet button-icon"
                                    aria-label=format!("Remove {}", name(key))
                                    on:click=move |_| {
                                        shown.update(|keys| drop_key(keys, index));
                                        keep();
                                    }
                                >
                                    {icons::close()}
                                </button>
                            </li>
                        }
                    };
                    shown.get().into_iter().enumerate().map(item).collect_view()
                }}
            </ol>
            <div class="key-order-more">
                {move || {
                    let add = move |key: BarKey| {
                        view! {
                            <button
                                type="button"
                                class="button"
                                on:click=move |_| {
                                    shown.update(|keys| add_key(keys, key));
                                    keep();
                                }
                            >
                                {format!("Add {}", name(key))}
                            </button>
                        }
                    };
                    shown.with(|keys| absent(keys).map(add).collect_view())
                }}
                <button
                    type="button"
                    class="button"
                    disabled=move || shown.with(|keys| *keys == BarKey::ALL)
                    on:click=move |_| {
                        shown.set(BarKey::ALL.to_vec());
                        keep();
                    }
                >
                    "Reset"
                </button>
            </div>
        </div>
    }
}

fn drop_key(keys: &mut Vec<BarKey>, index: usize) {
    if index < keys.len() {
        keys.remove(index);
    }
}

/// The place in the list of the key at a place on the page.
fn index_at(x: i32, y: i32) -> Option<usize> {
    let at = document().element_from_point(x as f32, y as f32)?;
    at.closest(".key-order-item")
        .ok()??
        .query_selector("[data-key-index]")
        .ok()??
        .get_attribute("data-key-index")?
        .parse()
        .ok()
}

/// The list is drawn anew by a move, and the key shall keep the focus.
fn focus_later(index: usize) {
    request_animation_frame(move || {
        let key = document().query_selector(&format!("[data-key-index=\"{index}\"]")).ok().flatten();
        if let Some(key) = key.and_then(|key| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(key).ok()) {
            // It was just drawn.
            let _ = key.focus();
        }
    });
}
