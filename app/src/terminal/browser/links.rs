//! Addresses in a terminal: found under the pointer, told before they open, and opened.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Object};
use leptos::prelude::{Set, document};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, MouseEvent};
use xterm_js_rs::Disposable;

use super::buffer;
use super::xterm::{Xterm, set};
use crate::browser::{has_touch, is_mac};
use crate::terminal::links::{Link, MAX_ROWS_AROUND, find, host, may_open, told};
use crate::terminal::state::TerminalState;

/// Between the pointer and what is told, CSS pixels.
const GAP: i32 = 16;
/// The most that a tip takes, CSS pixels; its style says the same.
const TIP_WIDTH: i32 = 420;
const TIP_HEIGHT: i32 = 120;

#[wasm_bindgen]
extern "C" {
    type LinkTerminal;

    #[wasm_bindgen(method, js_name = registerLinkProvider)]
    fn register(this: &LinkTerminal, provider: &Object) -> Disposable;

    #[wasm_bindgen(method, getter)]
    fn cols(this: &LinkTerminal) -> u16;

    #[wasm_bindgen(method, getter)]
    fn element(this: &LinkTerminal) -> Option<HtmlElement>;

    #[wasm_bindgen(js_namespace = window, js_name = open)]
    fn open_window(url: &str, target: &str, features: &str);
}

/// The links of one terminal, until dropped.
pub struct Links {
    provider: Disposable,
    _provide: Closure<dyn Fn(u32, Function)>,
    handlers: Rc<Handlers>,
}

/// What xterm.js calls for a link, one set for all of them.
struct Handlers {
    /// A link whose text is its address.
    found: Closure<dyn Fn(MouseEvent, String)>,
    /// One that a program names (OSC 8), whose text may be anything.
    named: Closure<dyn Fn(MouseEvent, String)>,
    hover: Closure<dyn Fn(MouseEvent, String)>,
    leave: Closure<dyn Fn()>,
}

impl Links {
    /// Finds links in `terminal`, and takes those that a program names. A finger is asked before it follows one
    /// of these: it saw no tip.
    pub fn of(terminal: &Xterm, state: TerminalState) -> Self {
        let tip = Rc::new(RefCell::new(None::<HtmlElement>));
        let handlers = Rc::new(Handlers {
            found: Closure::new(|event: MouseEvent, url: String| {
                if has_touch() || is_meant(&event) {
                    open(&url);
                }
            }),
            named: Closure::new(move |event: MouseEvent, url: String| {
                if has_touch() {
                    // The page may be gone.
                    let _ = state.link_question.try_set(normal(&url));
                } else if is_meant(&event) {
                    open(&url);
                }
            }),
            hover: Closure::new({
                let (terminal, tip) = (terminal.clone(), Rc::clone(&tip));
                move |event: MouseEvent, url: String| {
                    let shown = show_tip(&terminal, &event, &url);
                    if let Some(before) = tip.replace(shown) {
                        before.remove();
                    }
                }
            }),
            leave: Closure::new(move || {
                if let Some(tip) = tip.take() {
                    tip.remove();
                }
            }),
        });
        let named = handlers.object(&handlers.named);
        set(&named, "allowNonHttpProtocols", false);
        set(&terminal.options(), "linkHandler", named);

        let provide = Closure::<dyn Fn(u32, Function)>::new({
            let (terminal, handlers) = (terminal.clone(), Rc::clone(&handlers));
            move |line: u32, callback: Function| {
                let links = at(&terminal, line, &handlers);
                let given = if links.length() == 0 { JsValue::UNDEFINED } else { links.into() };
                // xterm.js' own callback; what it throws is on the console already.
                let _ = callback.call1(&JsValue::UNDEFINED, &given);
            }
        });
        let provider = Object::new();
        set(&provider, "provideLinks", provide.as_ref().clone());
        Self { provider: terminal.unchecked_ref::<LinkTerminal>().register(&provider), _provide: provide, handlers }
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        self.provider.dispose();
        // Takes the tip away; it can't throw.
        let _ = self.handlers.leave.as_ref().unchecked_ref::<Function>().call0(&JsValue::UNDEFINED);
    }
}

impl Handlers {
    fn object(&self, activate: &Closure<dyn Fn(MouseEvent, String)>) -> Object {
        let object = Object::new();
        set(&object, "activate", activate.as_ref().clone());
        set(&object, "hover", self.hover.as_ref().clone());
        set(&object, "leave", self.leave.as_ref().clone());
        object
    }
}

/// Whether a click follows a link: alone it is the program's, or begins a selection.
fn is_meant(event: &MouseEvent) -> bool {
    event.ctrl_key() || event.meta_key()
}

/// Opens an address in a tab that knows nothing of this one; says whether it is one to open.
pub fn open(url: &str) -> bool {
    let Some(address) = normal(url) else { return false };
    open_window(&address, "_blank", "noopener,noreferrer");
    true
}

/// The address as the browser understands it: its host in ASCII, nothing left to be misread.
pub fn normal(url: &str) -> Option<String> {
    let address = may_open(url).then(|| web_sys::Url::new(url).ok())??;
    matches!(address.protocol().as_str(), "http:" | "https:").then(|| address.href())
}

/// The links that touch a row, which xterm.js counts from 1.
fn at(terminal: &Xterm, line: u32, handlers: &Handlers) -> Array {
    let row = line.saturating_sub(1);
    let around = u32::try_from(MAX_ROWS_AROUND).unwrap_or(u32::MAX);
    let from = row.saturating_sub(around);
    let rows = buffer::of(terminal).rows(from, row + around + 1);
    let place = usize::try_from(row - from).unwrap_or(usize::MAX);
    let links = Array::new();
    for link in find(&rows, terminal.unchecked_ref::<LinkTerminal>().cols()) {
        let Some((start, end)) = range(&link, place) else { continue };
        let object = handlers.object(&handlers.found);
        let range = Object::new();
        set(&range, "start", cell(start.0, from, start.1));
        set(&range, "end", cell(end.0, from, end.1));
        set(&object, "range", range);
        set(&object, "text", link.url);
        links.push(&object);
    }
    links
}

/// From where to where a link that touches `place` is one stretch of cells: in a box only within
/// its row, since borders are no part of it.
fn range(link: &Link, place: usize) -> Option<((usize, u16), (usize, u16))> {
    let here = link.parts.iter().find(|part| part.row == place)?;
    let (first, last) = if link.in_one_stretch { (link.parts.first()?, link.parts.last()?) } else { (here, here) };
    Some(((first.row, first.first), (last.row, last.last)))
}

/// A place as xterm.js counts them, from 1.
fn cell(row: usize, from: u32, column: u16) -> Object {
    let object = Object::new();
    set(&object, "x", u32::from(column) + 1);
    set(&object, "y", u32::try_from(row).unwrap_or(u32::MAX).saturating_add(from).saturating_add(1));
    object
}

/// Tells at the pointer where a link leads and how to follow it. A finger follows it at once, and
/// would leave the tip behind.
fn show_tip(terminal: &Xterm, event: &MouseEvent, url: &str) -> Option<HtmlElement> {
    let within = terminal.unchecked_ref::<LinkTerminal>().element()?;
    let address = normal(url)?;
    if has_touch() {
        return None;
    }
    let part = |name: &str, class: &str, text: &str| {
        let element = document().create_element(name).ok()?;
        element.set_class_name(class);
        // Text and never markup: it is a program's.
        element.set_text_content(Some(text));
        Some(element)
    };
    let tip: HtmlElement = part("div", "link-tip xterm-hover", "")?.unchecked_into();
    let _ = tip.set_attribute("role", "tooltip");
    let how = if is_mac() { "⌘ and click to open" } else { "Ctrl and click to open" };
    let shown = told(&address);
    for (name, class, text) in [
        ("strong", "link-tip-host", host(&address).unwrap_or_default()),
        ("span", "link-tip-address", &shown),
        ("span", "link-tip-how", how),
    ] {
        let _ = tip.append_child(&*part(name, class, text)?);
    }
    let bounds = within.get_bounding_client_rect();
    let (width, height) = (bounds.width() as i32, bounds.height() as i32);
    let (x, y) = (event.client_x() - bounds.left() as i32, event.client_y() - bounds.top() as i32);
    let left = x.min(width - TIP_WIDTH).max(0);
    // Below the pointer, or above where there is no room.
    let style = tip.style();
    let _ = style.set_property("left", &format!("{left}px"));
    let _ = if y + GAP + TIP_HEIGHT < height {
        style.set_property("top", &format!("{}px", y + GAP))
    } else {
        style.set_property("bottom", &format!("{}px", height - y + GAP))
    };
    within.append_child(&tip).ok()?;
    Some(tip)
}
