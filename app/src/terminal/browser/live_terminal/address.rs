//! Where a terminal's socket is, and what its opening tells.

use leptos::prelude::*;
use protocol::frame::Size;

use super::LiveTerminal;

impl LiveTerminal {
    pub(super) fn url(&self) -> String {
        let location = window().location();
        let scheme = if location.protocol().is_ok_and(|scheme| scheme == "https:") { "wss" } else { "ws" };
        let host = location.host().unwrap_or_default();
        let Size { cols, rows } = self.widget().size();
        let mut url =
            format!("{scheme}://{host}/api/terminal/{}-{}/ws?cols={cols}&rows={rows}", self.session, self.terminal);
        let mut add = |name: &str, value: &str| {
            url.push('&');
            url.push_str(name);
            url.push('=');
            url.push_str(&String::from(js_sys::encode_uri_component(value)));
        };
        if let Some((since, epoch)) = self.work.borrow().stream.resume() {
            add("since", &since.to_string());
            add("epoch", epoch);
        }
        if let Some(zone) = time_zone() {
            add("tz", &zone);
        }
        url
    }
}

/// The browser's time zone, such as `Europe/Berlin`.
fn time_zone() -> Option<String> {
    let format = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new());
    js_sys::Reflect::get(&format.resolved_options(), &"timeZone".into()).ok()?.as_string()
}
