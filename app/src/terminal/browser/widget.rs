//! xterm.js, through xterm-js-rs. Its modules are fetched by [`Widget::load`], not with the page.

use std::cell::Cell;

use protocol::frame::{MAX_DIMENSION, MIN_DIMENSION, SCROLLBACK_LINES, Size};
use wasm_bindgen::prelude::*;
use xterm_js_rs::addons::fit::FitAddon;
use xterm_js_rs::{Disposable, Terminal, TerminalAddon, TerminalOptions};

use super::theme;
use crate::browser::{has_touch, matches_media};

#[wasm_bindgen(module = "xterm")]
extern "C" {
    #[wasm_bindgen(js_name = load, catch)]
    async fn load_xterm() -> Result<JsValue, JsValue>;
}

#[wasm_bindgen(module = "xterm-addon-fit")]
extern "C" {
    #[wasm_bindgen(js_name = load, catch)]
    async fn load_fit() -> Result<JsValue, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// What xterm.js has had since version 5, after xterm-js-rs was made.
    type TerminalNow;

    #[wasm_bindgen(method, js_name = write)]
    fn write_bytes(this: &TerminalNow, bytes: &js_sys::Uint8Array, parsed: &js_sys::Function);

    #[wasm_bindgen(method, getter)]
    fn options(this: &TerminalNow) -> TerminalOptions;
}

/// The terminal's font; the page's own comes first.
const FONT: &str = "\"JetBrains Mono\", ui-monospace, \"DejaVu Sans Mono\", monospace";
/// Its size on a screen with a mouse and on one with a finger, CSS pixels.
const FONT_SIZE: u32 = 14;
const FONT_SIZE_TOUCH: u32 = 13;
/// The contrast that `prefers-contrast: more` asks for, WCAG's AAA.
const MORE_CONTRAST: u32 = 7;

/// What the terminal tells.
pub struct Handlers {
    /// Text that was typed or pasted.
    pub text: Box<dyn Fn(String)>,
    /// Bytes that aren't text, one a character.
    pub binary: Box<dyn Fn(String)>,
    pub resized: Box<dyn Fn(Size)>,
    /// One earlier [`Widget::write`] is parsed; they are told in order.
    pub parsed: Box<dyn Fn()>,
}

/// One terminal on the page, until dropped.
pub struct Widget {
    terminal: Terminal,
    fit: FitAddon,
    parsed: Closure<dyn Fn()>,
    subscriptions: Vec<Disposable>,
    /// Called by xterm.js for as long as the subscriptions last.
    _text: Closure<dyn Fn(String)>,
    _binary: Closure<dyn Fn(String)>,
    _resized: Closure<dyn Fn(JsValue)>,
    disposed: Cell<bool>,
}

impl Widget {
    /// Fetches xterm.js and its style, once.
    ///
    /// # Errors
    /// What the browser says, when one of them can't be fetched.
    pub async fn load() -> Result<(), JsValue> {
        load_xterm().await?;
        load_fit().await?;
        Ok(())
    }

    /// Puts a terminal into `parent`. Only after [`Widget::load`].
    pub fn new(parent: &web_sys::HtmlElement, handlers: Handlers) -> Self {
        let options: TerminalOptions = js_sys::Object::new().unchecked_into();
        options.set_font_family(FONT);
        options.set_font_size(if has_touch() { FONT_SIZE_TOUCH } else { FONT_SIZE });
        options.set_scrollback(u32::try_from(SCROLLBACK_LINES).unwrap_or(u32::MAX));
        options.set_cursor_blink(!matches_media("(prefers-reduced-motion: reduce)"));
        if matches_media("(prefers-contrast: more)") {
            options.set_minimum_contrast_ratio(MORE_CONTRAST);
        }
        options.set_theme(&theme::current());

        let terminal = Terminal::construct(Some(&options));
        let fit = FitAddon::new();
        terminal.load_addon(fit.clone().unchecked_into::<TerminalAddon>());
        terminal.open(parent.clone());

        let text = Closure::<dyn Fn(String)>::new(handlers.text);
        let binary = Closure::<dyn Fn(String)>::new(handlers.binary);
        let resized_to = handlers.resized;
        let resized = Closure::<dyn Fn(JsValue)>::new(move |size: JsValue| resized_to(read_size(&size)));
        let subscriptions = vec![
            terminal.on_data(text.as_ref().unchecked_ref()),
            terminal.on_binary(binary.as_ref().unchecked_ref()),
            terminal.on_resize(resized.as_ref().unchecked_ref()),
        ];
        Self {
            terminal,
            fit,
            parsed: Closure::new(handlers.parsed),
            subscriptions,
            _text: text,
            _binary: binary,
            _resized: resized,
            disposed: Cell::new(false),
        }
    }

    /// Hands bytes over to be parsed; `parsed` is told when they are.
    pub fn write(&self, bytes: &[u8]) {
        let terminal: &TerminalNow = self.terminal.unchecked_ref();
        terminal.write_bytes(&js_sys::Uint8Array::from(bytes), self.parsed.as_ref().unchecked_ref());
    }

    pub fn size(&self) -> Size {
        Size { cols: dimension(self.terminal.get_cols()), rows: dimension(self.terminal.get_rows()) }
    }

    /// Takes as many cells as fit into the parent; none of them while that isn't shown.
    pub fn fit(&self) {
        self.fit.fit();
    }

    /// Takes the size that somebody else drives.
    pub fn resize(&self, size: Size) {
        if size.is_valid() && size != self.size() {
            self.terminal.resize(size.cols.into(), size.rows.into());
        }
    }

    pub fn focus(&self) {
        self.terminal.focus();
    }

    /// Reads the colours anew.
    pub fn recolour(&self) {
        let terminal: &TerminalNow = self.terminal.unchecked_ref();
        terminal.options().set_theme(&theme::current());
    }
}

impl Drop for Widget {
    fn drop(&mut self) {
        if !self.disposed.replace(true) {
            for subscription in &self.subscriptions {
                subscription.dispose();
            }
            self.terminal.dispose();
        }
    }
}

fn read_size(size: &JsValue) -> Size {
    let read = |name: &str| {
        let value = js_sys::Reflect::get(size, &JsValue::from_str(name)).ok().and_then(|value| value.as_f64());
        dimension(value.unwrap_or_default() as u32)
    };
    Size { cols: read("cols"), rows: read("rows") }
}

/// Within the bounds of the wire.
fn dimension(cells: u32) -> u16 {
    u16::try_from(cells).unwrap_or(MAX_DIMENSION).clamp(MIN_DIMENSION, MAX_DIMENSION)
}
