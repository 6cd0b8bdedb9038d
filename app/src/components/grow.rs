//! A card that grows into its session's page, where the browser can do that and the person likes things to move.

use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Object, Promise, Reflect};
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::HtmlElement;

use crate::browser::matches_media;

/// How often the page is looked for, milliseconds, and how many times: the screen stands still meanwhile, so after that
/// the address changes as it would without this.
const LOOK_MS: u32 = 16;
const LOOKS: u32 = 15;
/// On the root while a card grows; the style names the two ends of it then.
const GROWING: &str = "data-growing";

/// Opens `path` with the pressed card growing into it; leaves the press alone where that can't be.
pub fn open(event: &MouseEvent, path: String, navigate: impl Fn(&str, NavigateOptions) + 'static) {
    let is_plain =
        event.button() == 0 && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
    let start =
        Reflect::get(&document(), &"startViewTransition".into()).ok().and_then(|it| it.dyn_into::<Function>().ok());
    let (Some(start), true) = (start, is_plain && !matches_media("(prefers-reduced-motion: reduce)")) else { return };
    let link = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let card = link.and_then(|link| link.closest(".session-card").ok().flatten()?.dyn_into::<HtmlElement>().ok());
    let (Some(card), Some(root)) = (card, document().document_element()) else { return };
    event.prevent_default();
    // Constant, valid names and values.
    let _ = card.style().set_property("view-transition-name", "session");
    let _ = root.set_attribute(GROWING, "");
    let change = Closure::once_into_js(move || {
        navigate(&path, NavigateOptions::default());
        future_to_promise(async {
            for _ in 0..LOOKS {
                if document().query_selector(".terminal-page").is_ok_and(|page| page.is_some()) {
                    break;
                }
                TimeoutFuture::new(LOOK_MS).await;
            }
            Ok(JsValue::UNDEFINED)
        })
    });
    let transition = start.call1(&document(), &change);
    spawn_local(async move {
        let finished = transition.ok().map(Object::from).and_then(|it| Reflect::get(&it, &"finished".into()).ok());
        if let Some(finished) = finished.and_then(|finished| finished.dyn_into::<Promise>().ok()) {
            // One that was skipped has changed the page all the same.
            let _ = JsFuture::from(finished).await;
        }
        let _ = root.remove_attribute(GROWING);
        let _ = card.style().remove_property("view-transition-name");
    });
}
