//! Keeps the page within what an on-screen keyboard leaves of the window.

use std::cell::Cell;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use super::listeners::Listeners;
use crate::browser::{has_touch, matches_media};
use crate::contexts::preferences::CurrentPreferences;
use crate::terminal::viewport::{Visual, Window, has_samsung_bar, place};

/// What the page's height and its distance from the top are called in the style.
const HEIGHT: &str = "--app-height";
const TOP: &str = "--app-top";

/// What covers less of the window than this is a bar of the browser's and no keyboard, CSS pixels.
const LEAST_KEYBOARD: f64 = 120.0;

#[wasm_bindgen]
extern "C" {
    /// `navigator.virtualKeyboard`, of Chromium.
    #[derive(Clone)]
    type VirtualKeyboard;

    #[wasm_bindgen(method, setter, js_name = overlaysContent)]
    fn set_overlays_content(this: &VirtualKeyboard, overlays: bool);

    #[wasm_bindgen(method, getter, js_name = boundingRect)]
    fn bounding_rect(this: &VirtualKeyboard) -> web_sys::DomRect;
}

thread_local! {
    static OPEN: Cell<bool> = const { Cell::new(false) };
}

/// Whether a keyboard is on the screen, as far as anything tells.
pub fn keyboard_is_open() -> bool {
    OPEN.get()
}

/// Follows keyboard and viewport for as long as the component lasts.
pub fn follow(preferences: CurrentPreferences) {
    if !has_touch() {
        return;
    }
    let keyboard = virtual_keyboard();
    if let Some(keyboard) = &keyboard {
        keyboard.set_overlays_content(true);
    }
    let preferences = preferences.signal();
    let apply = {
        let keyboard = keyboard.clone();
        move || {
            let at_top = preferences.try_with_untracked(|preferences| preferences.address_bar_at_top);
            apply(keyboard.as_ref(), at_top.unwrap_or_default());
        }
    };
    let mut targets: Vec<(EventTarget, &[&'static str])> = vec![(window().into(), &["resize"])];
    if let Some(visual) = window().visual_viewport() {
        targets.push((visual.into(), &["resize", "scroll"]));
    }
    if let Some(keyboard) = &keyboard {
        targets.push((keyboard.clone().unchecked_into(), &["geometrychange"]));
    }
    let listeners: Vec<Listeners> = targets
        .into_iter()
        .map(|(target, names)| {
            let mut listeners = Listeners::on(&target);
            for name in names {
                let apply = apply.clone();
                listeners.before(name, move |_: web_sys::Event| apply());
            }
            listeners
        })
        .collect();
    Effect::new(move |_| {
        preferences.track();
        apply();
    });
    let kept = StoredValue::new_local(Some((listeners, keyboard)));
    on_cleanup(move || {
        let kept = kept.try_update_value(Option::take).flatten();
        if let Some((_, Some(keyboard))) = kept {
            keyboard.set_overlays_content(false);
        }
        OPEN.set(false);
        for name in [HEIGHT, TOP] {
            with_root(|style| {
                // Removing what may not be there is fine.
                let _ = style.remove_property(name);
            });
        }
    });
}

fn apply(keyboard: Option<&VirtualKeyboard>, address_bar_at_top: bool) {
    let page = window();
    let inner_height = page.inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
    let agent = page.navigator().user_agent().unwrap_or_default();
    let measured = Window {
        inner_height,
        visual: page.visual_viewport().map(|visual| Visual {
            height: visual.height(),
            offset_top: visual.offset_top(),
            scale: visual.scale(),
        }),
        keyboard: keyboard.map(|keyboard| keyboard.bounding_rect().height()),
        has_bottom_bar: has_samsung_bar(&agent, matches_media("(display-mode: standalone)"), address_bar_at_top),
    };
    let Some(place) = place(measured) else { return };
    OPEN.set(inner_height - place.height >= LEAST_KEYBOARD);
    with_root(|style| {
        // Constant names, and values that are numbers.
        let _ = style.set_property(HEIGHT, &format!("{}px", place.height));
        let _ = style.set_property(TOP, &format!("{}px", place.top));
    });
}

fn with_root(act: impl FnOnce(&web_sys::CssStyleDeclaration)) {
    let root = document().document_element().and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(root) = root {
        act(&root.style());
    }
}

fn virtual_keyboard() -> Option<VirtualKeyboard> {
    let keyboard = js_sys::Reflect::get(&window().navigator(), &"virtualKeyboard".into()).ok()?;
    keyboard.is_object().then(|| keyboard.unchecked_into())
}
