//! Tells the person what a program wants told while they look elsewhere. Text only, everywhere.

use js_sys::{Function, Object, Reflect};
use leptos::prelude::*;
use protocol::TerminalId;
use wasm_bindgen::prelude::*;

use super::xterm::set;
use crate::browser::is_visible;
use crate::contexts::toasts::Offer;
use crate::terminal::notice;
use crate::terminal::state::TerminalState;

#[wasm_bindgen]
extern "C" {
    type Notification;

    #[wasm_bindgen(constructor, catch)]
    fn new(title: &str, options: &Object) -> Result<Notification, JsValue>;

    #[wasm_bindgen(static_method_of = Notification, getter)]
    fn permission() -> String;

    #[wasm_bindgen(method, setter, js_name = onclick)]
    fn set_onclick(this: &Notification, handler: &Function);
}

/// A program asks for attention. Whoever looks at it needs no more.
pub fn notify(terminal: TerminalId, state: TerminalState, title: &str, body: &str, is_looked_at: bool) {
    let has_focus = is_visible() && document().has_focus().unwrap_or(false);
    if has_focus && is_looked_at {
        return;
    }
    let text = notice::sentence(terminal, title, body);
    let permission = permission();
    // Asked for from a press only, so the message has a button for it.
    let offer = (permission.as_deref() == Some("default")).then_some(Offer::Notifications);
    // One of each terminal is shown.
    if let Some(Some(before)) = state.notice.try_get_value() {
        state.toasts.dismiss(before);
    }
    let _ = state.notice.try_set_value(Some(state.toasts.offer(text.clone(), offer)));
    if !has_focus && permission.as_deref() == Some("granted") {
        show(terminal, &text);
    }
}

/// None in a browser that has no notifications.
fn permission() -> Option<String> {
    Reflect::has(&window(), &"Notification".into()).unwrap_or(false).then(Notification::permission)
}

fn show(terminal: TerminalId, text: &str) {
    let options = Object::new();
    set(&options, "body", text);
    // A later one of the same terminal takes its place.
    set(&options, "tag", format!("berth-{terminal}"));
    // Android has them from service workers only, and throws.
    let Ok(notification) = Notification::new("Berth", &options) else { return };
    let focus = Closure::once_into_js(|| {
        // A browser that refuses shows the page by the notification itself.
        let _ = window().focus();
    });
    notification.set_onclick(focus.unchecked_ref());
}
