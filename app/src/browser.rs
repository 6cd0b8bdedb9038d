//! Small questions to the browser. Called from effects and event handlers only, so never while
//! the server renders.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Where a person signs in; a page of the server's, not of ours.
const SIGN_IN: &str = "/sign-in";

/// Says on the page's root that presses are heard from now on.
#[cfg(feature = "hydrate")]
pub fn say_hydrated() {
    if let Some(root) = document().document_element() {
        // A constant, valid name.
        let _ = root.set_attribute("data-hydrated", "");
    }
}

/// Leaves for the sign-in page, which leads back here: nobody is signed in any more.
pub fn go_to_sign_in() {
    let location = window().location();
    let here = location.pathname().unwrap_or_default();
    let next = String::from(js_sys::encode_uri_component(&here));
    // Navigation to an address of our own can't fail.
    let _ = location.set_href(&format!("{SIGN_IN}?next={next}"));
}

/// Puts `text` on the clipboard; says whether it could be tried. Upon a press only.
pub fn copy(text: &str) -> bool {
    let Some(written) = write_clipboard(text) else { return copy_by_command(text) };
    // Without a handler a refusal would be told as a fault. It is the person's own doing, in a
    // prompt they just saw.
    leptos::task::spawn_local(async move {
        let _ = written.await;
    });
    true
}

/// Puts `text` on the clipboard; none where the browser lends none, since the page was not loaded
/// over HTTPS or from this machine.
pub fn write_clipboard(text: &str) -> Option<JsFuture> {
    has_clipboard().then(|| window().navigator().clipboard().write_text(text).into())
}

/// Whether the browser lends its clipboard.
pub fn has_clipboard() -> bool {
    let clipboard = js_sys::Reflect::get(&window().navigator(), &JsValue::from_str("clipboard"));
    clipboard.is_ok_and(|clipboard| clipboard.is_object())
}

/// As was done before browsers lent their clipboard: selects the text in a field, and has it copied.
fn copy_by_command(text: &str) -> bool {
    let try_it = || {
        let body = document().body()?;
        let before = document().active_element().and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
        let field = document().create_element("textarea").ok()?;
        field.set_class_name("offscreen");
        field.set_text_content(Some(text));
        body.append_child(&field).ok()?;
        call(&field, "select", &[]);
        let copied =
            call(&document(), "execCommand", &[&JsValue::from_str("copy")]).is_some_and(|done| done.is_truthy());
        field.remove();
        if let Some(before) = before {
            // It had the focus a moment ago.
            let _ = before.focus();
        }
        Some(copied)
    };
    try_it().unwrap_or(false)
}

/// Calls a method that web-sys would need much for; none when it isn't there or throws.
fn call(of: &JsValue, name: &str, arguments: &[&JsValue]) -> Option<JsValue> {
    let method = js_sys::Reflect::get(of, &JsValue::from_str(name)).ok()?.dyn_into::<js_sys::Function>().ok()?;
    let list = js_sys::Array::new();
    for argument in arguments {
        list.push(argument);
    }
    method.apply(of, &list).ok()
}

/// Asks the person whether the page may notify them outside of itself. Upon a press only.
pub fn ask_to_notify() {
    let class = js_sys::Reflect::get(&window(), &JsValue::from_str("Notification")).unwrap_or_default();
    if !class.is_undefined()
        && let Some(answer) =
            call(&class, "requestPermission", &[]).and_then(|answer| answer.dyn_into::<js_sys::Promise>().ok())
    {
        leptos::task::spawn_local(async move {
            // The browser remembers the answer.
            let _ = JsFuture::from(answer).await;
        });
    }
}

/// Whether the main pointer is a finger: nothing takes focus by itself then, for it would bring
/// up the keyboard.
pub fn has_touch() -> bool {
    matches_media("(pointer: coarse)")
}

/// Whether a media query holds.
pub fn matches_media(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// Whether anybody can see the page.
#[cfg(feature = "hydrate")]
pub fn is_visible() -> bool {
    document().visibility_state() != web_sys::VisibilityState::Hidden
}

/// Tells `on` whether a media query holds: now, and whenever that changes until the owner is gone.
#[cfg(feature = "hydrate")]
pub fn follow_media(query: &str, on: impl Fn(bool) + 'static) {
    use wasm_bindgen::JsCast;
    use wasm_bindgen::prelude::Closure;

    let Ok(Some(list)) = window().match_media(query) else { return };
    let tell = Closure::<dyn Fn()>::new({
        let list = list.clone();
        move || on(list.matches())
    });
    let told: &js_sys::Function = tell.as_ref().unchecked_ref();
    // A function of ours that doesn't throw.
    let _ = told.call0(&JsValue::NULL);
    list.set_onchange(Some(told));
    let kept = StoredValue::new_local((list, tell));
    on_cleanup(move || {
        let _ = kept.try_with_value(|(list, _)| list.set_onchange(None));
    });
}

/// Whether Cmd is to this system what Ctrl is to others.
#[cfg(feature = "hydrate")]
pub fn is_mac() -> bool {
    window().navigator().platform().is_ok_and(|platform| platform.starts_with("Mac") || platform.starts_with("iP"))
}

/// What this browser remembers under `key`; nothing where storage is refused.
#[cfg(feature = "hydrate")]
pub fn remembered(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// Remembers `value` under `key` in this browser, where storage is allowed.
#[cfg(feature = "hydrate")]
pub fn remember(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // A full or refused storage only forgets how the tabs were arranged.
        let _ = storage.set_item(key, value);
    }
}

/// Keeps a file that is dropped beside its place from replacing the page.
#[cfg(feature = "hydrate")]
pub fn keep_page_when_dropped_on() {
    use leptos::ev;

    let refuse = |event: web_sys::DragEvent| {
        // Taken by whoever wanted it, or no file: a text that is dragged into a field.
        if event.default_prevented() || !carries_files(&event) {
            return;
        }
        event.prevent_default();
        if let Some(data) = event.data_transfer() {
            data.set_drop_effect("none");
        }
    };
    // For as long as the page.
    let _ = window_event_listener(ev::dragover, refuse);
    let _ = window_event_listener(ev::drop, refuse);
}

/// Whether files are dragged.
#[cfg(feature = "hydrate")]
pub fn carries_files(event: &web_sys::DragEvent) -> bool {
    event.data_transfer().is_some_and(|data| data.types().includes(&JsValue::from_str("Files"), 0))
}

/// Told to a terminal's field before something else than its text is sent.
#[cfg(feature = "hydrate")]
pub const SETTLE: &str = "berth-settle";

/// Sends what is being composed in the field that has the keyboard, so that what is sent next
/// comes after it.
#[cfg(feature = "hydrate")]
pub fn settle() {
    if let (Some(field), Ok(event)) = (document().active_element(), web_sys::Event::new(SETTLE)) {
        // Nothing that listens throws.
        let _ = field.dispatch_event(&event);
    }
}

/// Shakes the phone, if it can and the person has touched the page: browsers complain of it before.
#[cfg(feature = "hydrate")]
pub fn shake(ms: u32) {
    let navigator = window().navigator();
    let read = |object: &JsValue, name: &str| js_sys::Reflect::get(object, &JsValue::from_str(name)).ok();
    let touched = read(&navigator, "userActivation").and_then(|activation| read(&activation, "hasBeenActive"));
    let can = read(&navigator, "vibrate").is_some_and(|vibrate| vibrate.is_function());
    if can && touched.is_some_and(|touched| touched.is_truthy()) {
        navigator.vibrate_with_duration(ms);
    }
}
