//! A selection made by a finger, on xterm.js: the word, its two handles, and where they are.

use std::cell::{Cell as Slot, RefCell};
use std::rc::{Rc, Weak};

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{DomRect, HtmlElement, PointerEvent};
use xterm_js_rs::Disposable;

use super::xterm::Xterm;
use crate::browser::shake;
use crate::terminal::key_bar::SHAKE_MS;
use crate::terminal::state::TerminalState;
use crate::terminal::touch_selection::{Cell, End, Span, word};

#[wasm_bindgen]
extern "C" {
    /// What of xterm.js a selection needs.
    #[derive(Clone)]
    type Selectable;

    #[wasm_bindgen(method, getter)]
    fn cols(this: &Selectable) -> u32;

    #[wasm_bindgen(method, getter)]
    fn rows(this: &Selectable) -> u32;

    #[wasm_bindgen(method, getter)]
    fn buffer(this: &Selectable) -> Buffers;

    #[wasm_bindgen(method, getter)]
    fn modes(this: &Selectable) -> MouseModes;

    #[wasm_bindgen(method)]
    fn select(this: &Selectable, col: u32, line: u32, cells: u32);

    #[wasm_bindgen(method, js_name = onRender)]
    fn on_render(this: &Selectable, rendered: &js_sys::Function) -> Disposable;

    #[wasm_bindgen(method, js_name = hasSelection)]
    fn has_selection(this: &Selectable) -> bool;

    type Buffers;

    #[wasm_bindgen(method, getter)]
    fn active(this: &Buffers) -> Buffer;

    type Buffer;

    #[wasm_bindgen(method, getter, js_name = type)]
    fn kind(this: &Buffer) -> String;

    #[wasm_bindgen(method, getter, js_name = viewportY)]
    fn viewport_y(this: &Buffer) -> u32;

    #[wasm_bindgen(method, js_name = getLine)]
    fn get_line(this: &Buffer, line: u32) -> Option<Line>;

    type Line;

    #[wasm_bindgen(method, js_name = getCell)]
    fn get_cell(this: &Line, col: u32) -> Option<LineCell>;

    type LineCell;

    #[wasm_bindgen(method, js_name = getChars)]
    fn get_chars(this: &LineCell) -> String;

    #[wasm_bindgen(method, js_name = getWidth)]
    fn get_width(this: &LineCell) -> u32;

    type MouseModes;

    #[wasm_bindgen(method, getter, js_name = mouseTrackingMode)]
    fn mouse_tracking(this: &MouseModes) -> String;
}

/// What tells when the selection's place moves, for as long as it is kept.
type Followed = ([Disposable; 2], Closure<dyn Fn()>);

/// The attribute by which a handle is known.
const HANDLE: &str = "data-handle";

pub struct Selection {
    parent: HtmlElement,
    xterm: Selectable,
    state: TerminalState,
    /// The word that was selected first, and what is selected by now.
    word: Slot<Option<Span>>,
    span: Slot<Option<Span>>,
    /// The finger that draws a handle, and from how far below the line.
    drawing: Slot<Option<(i32, End, f64)>>,
    handles: Vec<(End, HtmlElement)>,
    followed: RefCell<Option<Followed>>,
}

impl Selection {
    pub fn new(parent: &HtmlElement, xterm: &Xterm, state: TerminalState) -> Rc<Self> {
        let selection = Rc::new(Self {
            parent: parent.clone(),
            xterm: xterm.unchecked_ref::<Selectable>().clone(),
            state,
            word: Slot::new(None),
            span: Slot::new(None),
            drawing: Slot::new(None),
            handles: [(End::First, "first"), (End::Last, "last")]
                .into_iter()
                .filter_map(|(end, name)| Some((end, handle(parent, name)?)))
                .collect(),
            followed: RefCell::new(None),
        });
        let this: Weak<Self> = Rc::downgrade(&selection);
        let follow = Closure::<dyn Fn()>::new(move || {
            if let Some(selection) = this.upgrade() {
                selection.follow();
            }
        });
        let function = follow.as_ref().unchecked_ref();
        let subscriptions = [selection.xterm.on_render(function), xterm.on_selection_change(function)];
        *selection.followed.borrow_mut() = Some((subscriptions, follow));
        selection
    }

    /// Where the cells are on the page.
    pub fn screen(&self) -> Option<DomRect> {
        let screen = self.parent.query_selector(".xterm-screen").ok()??;
        Some(screen.get_bounding_client_rect())
    }

    /// Whether a program scrolls by itself: it has the whole screen, or the mouse.
    pub fn program_scrolls(&self) -> bool {
        self.xterm.buffer().active().kind() == "alternate" || self.xterm.modes().mouse_tracking() != "none"
    }

    /// Selects the word at a place on the page.
    pub fn select_word(&self, x: f64, y: f64) {
        let Some(at) = self.cell(x, y) else { return };
        let cells = self.cells(at.line);
        let (first, last) = word(&cells, at.col as usize);
        let span = Span { first: Cell { col: first as u32, ..at }, last: Cell { col: last as u32, ..at } };
        self.word.set(Some(span));
        self.take(span);
        shake(SHAKE_MS);
    }

    /// The finger that selects has moved on.
    pub fn extend(&self, x: f64, y: f64) {
        if let (Some(word), Some(to)) = (self.word.get(), self.cell(x, y)) {
            self.take(word.extended(to));
        }
    }

    /// The finger has left: what to do with the selection is offered.
    pub fn show(&self) {
        let _ = self.state.touch_selection.try_set(self.span.get().is_some());
        self.follow();
    }

    /// Hears a finger on a handle; says whether it was one.
    pub fn hear(&self, event: &PointerEvent) -> bool {
        let id = event.pointer_id();
        if let Some((finger, end, below)) = self.drawing.get() {
            if finger != id {
                return true;
            }
            match &*event.type_() {
                "pointermove" => {
                    let to = self.cell(event.client_x().into(), f64::from(event.client_y()) - below);
                    if let (Some(span), Some(to)) = (self.span.get(), to) {
                        let (span, end) = span.drawn(end, to);
                        self.drawing.set(Some((finger, end, below)));
                        self.take(span);
                    }
                }
                _ => {
                    self.drawing.set(None);
                    self.show();
                }
            }
            return true;
        }
        let target = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
        let drawn = target.and_then(|target| self.handles.iter().find(|(_, handle)| *handle == target));
        let Some((end, handle)) = drawn else { return false };
        if event.type_() == "pointerdown" {
            event.prevent_default();
            let below =
                f64::from(event.client_y()) - handle.get_bounding_client_rect().top() + self.cell_height() / 2.0;
            self.drawing.set(Some((id, *end, below)));
            // The finger is down, so that it can be captured.
            let _ = handle.set_pointer_capture(id);
        }
        true
    }

    fn take(&self, span: Span) {
        self.span.set(Some(span));
        self.xterm.select(span.first.col, span.first.line, span.cells(self.xterm.cols()));
        self.follow();
    }

    /// Puts the handles where the selection is now, or away when it is gone.
    fn follow(&self) {
        let Some(span) = self.span.get() else { return };
        if !self.xterm.has_selection() {
            self.span.set(None);
            self.word.set(None);
            let _ = self.state.touch_selection.try_set(false);
            for (_, handle) in &self.handles {
                handle.set_hidden(true);
            }
            return;
        }
        let Some(screen) = self.screen() else { return };
        let own = self.parent.get_bounding_client_rect();
        let (width, height) = (screen.width() / f64::from(self.xterm.cols().max(1)), self.cell_height());
        let top = self.xterm.buffer().active().viewport_y();
        for (end, handle) in &self.handles {
            let (cell, col) = match end {
                End::First => (span.first, span.first.col),
                End::Last => (span.last, span.last.col + 1),
            };
            let row = cell.line.checked_sub(top).filter(|row| *row < self.xterm.rows());
            handle.set_hidden(row.is_none());
            let Some(row) = row else { continue };
            let left = screen.left() - own.left() + f64::from(col) * width;
            let below = screen.top() - own.top() + f64::from(row + 1) * height;
            // Constant names, and values that are numbers.
            let _ = handle.style().set_property("left", &format!("{left}px"));
            let _ = handle.style().set_property("top", &format!("{below}px"));
        }
    }

    fn cell_height(&self) -> f64 {
        self.screen().map_or(0.0, |screen| screen.height()) / f64::from(self.xterm.rows().max(1))
    }

    /// The cell at a place on the page, the nearest one when it is beside.
    fn cell(&self, x: f64, y: f64) -> Option<Cell> {
        let screen = self.screen()?;
        let (cols, rows) = (self.xterm.cols().max(1), self.xterm.rows().max(1));
        let within =
            |way: f64, size: f64, cells: u32| (way / size * f64::from(cells)).clamp(0.0, f64::from(cells - 1)) as u32;
        Some(Cell {
            col: within(x - screen.left(), screen.width(), cols),
            line: self.xterm.buffer().active().viewport_y() + within(y - screen.top(), screen.height(), rows),
        })
    }

    /// The characters of each cell of a line; none in the second half of a wide one.
    fn cells(&self, line: u32) -> Vec<String> {
        let Some(line) = self.xterm.buffer().active().get_line(line) else { return Vec::new() };
        (0..self.xterm.cols())
            .map_while(|col| line.get_cell(col))
            .map(|cell| match (cell.get_width(), cell.get_chars()) {
                (0, _) => String::new(),
                (_, chars) if chars.is_empty() => " ".to_owned(),
                (_, chars) => chars,
            })
            .collect()
    }
}

impl Drop for Selection {
    fn drop(&mut self) {
        if let Some((subscriptions, _)) = self.followed.borrow_mut().take() {
            subscriptions.iter().for_each(Disposable::dispose);
        }
        self.handles.iter().for_each(|(_, handle)| handle.remove());
        // The page may be gone.
        let _ = self.state.touch_selection.try_set(false);
    }
}

fn handle(parent: &HtmlElement, name: &str) -> Option<HtmlElement> {
    let handle: HtmlElement = document().create_element("div").ok()?.dyn_into().ok()?;
    handle.set_class_name("selection-handle");
    handle.set_hidden(true);
    handle.set_attribute(HANDLE, name).ok()?;
    handle.set_attribute("aria-hidden", "true").ok()?;
    parent.append_child(&handle).ok()?;
    Some(handle)
}
