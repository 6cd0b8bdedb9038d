//! xterm.js, through xterm-js-rs. Its modules are fetched by [`Widget::load`], not with the page.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::{GetUntracked, Set, document};
use leptos::task::spawn_local;
use protocol::frame::{MAX_DIMENSION, MIN_DIMENSION, Size};
use wasm_bindgen::prelude::*;
use xterm_js_rs::addons::fit::FitAddon;
use xterm_js_rs::{Disposable, Terminal, TerminalAddon, TerminalOptions};

use super::appearance;
use super::clipboard::Clipboard;
use super::keyboard::Keyboard;
use super::links::Links;
use super::listeners::Listeners;
use super::search::Search;
use super::sign_in::SignIns;
use super::text_input;
use super::theme;
use super::touch;
use super::view::View;
use super::xterm::{self, Xterm};
use crate::contexts::preferences::CurrentPreferences;
use crate::model::preferences::Preferences;
use crate::terminal::state::TerminalState;

#[wasm_bindgen(module = "xterm-addon-fit")]
extern "C" {
    #[wasm_bindgen(js_name = load, catch)]
    async fn load_fit() -> Result<JsValue, JsValue>;
}

/// What the terminal tells.
pub struct Handlers {
    /// Text that was typed or pasted.
    pub text: Box<dyn Fn(String)>,
    /// Bytes that aren't text, one a character.
    pub binary: Box<dyn Fn(String)>,
    pub resized: Box<dyn Fn(Size)>,
    /// One earlier [`Widget::write`] is parsed; they are told in order.
    pub parsed: Box<dyn Fn()>,
    /// Its parser threw.
    pub failed: Box<dyn Fn(String)>,
}

/// One terminal on the page, until dropped.
pub struct Widget {
    terminal: Terminal,
    view: View,
    /// The font a person wants, CSS pixels; another one where the size is somebody else's.
    font: Cell<f64>,
    fit: FitAddon,
    parsed: Closure<dyn Fn()>,
    subscriptions: Vec<Disposable>,
    /// Called by xterm.js for as long as the subscriptions last.
    _text: Closure<dyn Fn(String)>,
    _binary: Closure<dyn Fn(String)>,
    _resized: Closure<dyn Fn(JsValue)>,
    _selected: Closure<dyn Fn()>,
    _failed: Closure<dyn Fn(String)>,
    /// Where others ask for keys before the program.
    _keyboard: Keyboard,
    pub search: Rc<Search>,
    _links: Links,
    _clipboard: Clipboard,
    _sign_ins: SignIns,
    /// What hears the keyboard and the fingers before xterm.js does.
    _keys: Option<Listeners>,
    _fingers: Listeners,
    disposed: Cell<bool>,
}

impl Widget {
    /// Fetches xterm.js and its style, once.
    ///
    /// # Errors
    /// What the browser says, when one of them can't be fetched.
    pub async fn load() -> Result<(), JsValue> {
        xterm::load().await?;
        load_fit().await?;
        Ok(())
    }

    /// Puts a terminal into `parent`. Only after [`Widget::load`].
    pub fn new(
        parent: &web_sys::HtmlElement,
        state: TerminalState,
        current: CurrentPreferences,
        handlers: Handlers,
    ) -> Self {
        let preferences = current.signal().get_untracked();
        let options: TerminalOptions = js_sys::Object::new().unchecked_into();
        appearance::apply(&options, &preferences);
        // The marks of a search, and the table of widths.
        xterm::set(&options, "allowProposedApi", true);

        let terminal = Terminal::construct(Some(&options));
        let fit = FitAddon::new();
        terminal.load_addon(fit.clone().unchecked_into::<TerminalAddon>());
        let failed = Closure::<dyn Fn(String)>::new(handlers.failed);
        xterm::prepare(&terminal, failed.as_ref().unchecked_ref());
        let view = View::new(parent);
        terminal.open(view.inner.clone());
        let accelerated = terminal.unchecked_ref::<Xterm>().clone();
        spawn_local(async move {
            // What can't be fetched is done without.
            let _ = xterm::accelerate(&accelerated).await;
        });

        let text = Closure::<dyn Fn(String)>::new(handlers.text);
        let binary = Closure::<dyn Fn(String)>::new(handlers.binary);
        let resized_to = handlers.resized;
        let resized = Closure::<dyn Fn(JsValue)>::new(move |size: JsValue| resized_to(read_size(&size)));
        let selected = Closure::<dyn Fn()>::new({
            let terminal = terminal.unchecked_ref::<Xterm>().clone();
            move || {
                // The page may be gone before its last selection is.
                let _ = state.has_selection.try_set(terminal.has_selection());
            }
        });
        let xterm: &Xterm = terminal.unchecked_ref();
        let subscriptions = vec![
            xterm.on_selection_change(selected.as_ref().unchecked_ref()),
            terminal.on_data(text.as_ref().unchecked_ref()),
            terminal.on_binary(binary.as_ref().unchecked_ref()),
            terminal.on_resize(resized.as_ref().unchecked_ref()),
        ];
        let keyboard = Keyboard::of(&terminal);
        Self {
            _clipboard: Clipboard::of(xterm, &keyboard, state),
            _sign_ins: SignIns::of(xterm, state),
            _keyboard: keyboard,
            search: Search::of(&terminal, state.found),
            _links: Links::of(xterm, state),
            _keys: text_input::attach(parent, state),
            _fingers: touch::attach(parent, xterm, state, current),
            terminal,
            view,
            font: Cell::new(appearance::font_size(&preferences).into()),
            fit,
            parsed: Closure::new(handlers.parsed),
            subscriptions,
            _text: text,
            _binary: binary,
            _resized: resized,
            _selected: selected,
            _failed: failed,
            disposed: Cell::new(false),
        }
    }

    /// Hands bytes over to be parsed; `parsed` is told when they are, as a rule before this returns.
    ///
    /// # Errors
    /// What xterm.js throws.
    pub fn write(&self, bytes: &js_sys::Uint8Array) -> Result<(), JsValue> {
        xterm::write_now(self.xterm(), bytes, self.parsed.as_ref().unchecked_ref())
    }

    /// Sends `text` as if it were typed.
    pub fn input(&self, text: &str) {
        self.xterm().input(text, true);
    }

    /// What is selected; empty when nothing is.
    pub fn selection(&self) -> String {
        self.terminal.get_selection()
    }

    pub fn select_all(&self) {
        self.terminal.select_all();
    }

    pub fn clear_selection(&self) {
        self.terminal.clear_selection();
    }

    /// Clears screen and scrollback but for the line with the cursor.
    pub fn clear(&self) {
        self.terminal.clear();
    }

    pub fn scroll(&self, lines: i32) {
        self.xterm().scroll_lines(lines);
    }

    pub fn scroll_to_end(&self) {
        self.terminal.scroll_to_bottom();
    }

    pub fn has_application_cursor_keys(&self) -> bool {
        self.xterm().modes().application_cursor_keys()
    }

    /// xterm.js' own `Terminal`, for what is built upon it.
    pub fn xterm(&self) -> &Xterm {
        self.terminal.unchecked_ref()
    }

    pub fn size(&self) -> Size {
        Size { cols: dimension(self.terminal.get_cols()), rows: dimension(self.terminal.get_rows()) }
    }

    /// Takes as many cells as fit into the parent; none of them while that isn't shown.
    pub fn fit(&self) {
        if !self.view.has_room() {
            return;
        }
        self.view.fill();
        self.set_font(self.font.get());
        self.fit.fit();
    }

    /// Takes a size, whatever room there is.
    pub fn resize(&self, size: Size) {
        if size.is_valid() && size != self.size() {
            self.terminal.resize(size.cols.into(), size.rows.into());
        }
    }

    /// Takes the size that somebody else drives, and shows all of it.
    pub fn watch(&self, size: Size) {
        self.resize(size);
        let options = self.xterm().options();
        let font = js_sys::Reflect::get(&options, &JsValue::from_str("fontSize")).ok();
        let font = font.and_then(|font| font.as_f64()).unwrap_or(self.font.get());
        self.view.show_whole(self.font.get(), font, |font| self.set_font(font));
    }

    /// Takes other preferences. Its size may change with the font: fit or watch after it.
    pub fn prefer(&self, preferences: &Preferences) {
        self.font.set(appearance::font_size(preferences).into());
        appearance::apply(&self.xterm().options(), preferences);
    }

    pub fn has_focus(&self) -> bool {
        let focused = document().active_element();
        focused.is_some_and(|focused| self.view.inner.contains(Some(&focused)))
    }

    /// xterm.js does nothing where the size is as it was.
    fn set_font(&self, size: f64) {
        xterm::set(&self.xterm().options(), "fontSize", size);
    }

    pub fn focus(&self) {
        self.terminal.focus();
    }

    pub fn blur(&self) {
        self.terminal.blur();
    }

    /// Reads the colours anew.
    pub fn recolour(&self) {
        xterm::set(&self.xterm().options(), "theme", theme::current());
    }
}

impl Widget {
    /// Takes it off the page; nothing is to be asked of it after that.
    pub fn dispose(&self) {
        if !self.disposed.replace(true) {
            for subscription in &self.subscriptions {
                subscription.dispose();
            }
            self.terminal.dispose();
            self.view.remove();
        }
    }
}

impl Drop for Widget {
    fn drop(&mut self) {
        self.dispose();
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
