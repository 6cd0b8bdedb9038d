//! How much room a terminal takes: all there is, or what a driver elsewhere gave it, shown whole.

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::terminal::watching::{self, Extent};

const WATCHING: &str = "screen-watched";
const SCALED: &str = "screen-scaled";

/// The place of a terminal within its pane.
pub struct View {
    parent: HtmlElement,
    /// What xterm.js is opened in.
    pub inner: HtmlElement,
}

impl View {
    pub fn new(parent: &HtmlElement) -> Self {
        let inner = leptos::prelude::document()
            .create_element("div")
            .ok()
            .and_then(|inner| inner.dyn_into::<HtmlElement>().ok())
            .unwrap_or_else(|| parent.clone());
        inner.set_class_name("screen-inner");
        // Fails only for a node within itself.
        let _ = parent.append_child(&inner);
        Self { parent: parent.clone(), inner }
    }

    pub fn remove(&self) {
        self.inner.remove();
    }

    /// Takes all the room there is.
    pub fn fill(&self) {
        self.class(WATCHING, false);
        self.class(SCALED, false);
        for property in ["width", "height", "transform"] {
            self.style(property, "");
        }
    }

    /// Shows all of a terminal of a given size in cells: in a smaller font, which `set_font` sets,
    /// and scaled where even the smallest is too large.
    pub fn show_whole(&self, own_font: f64, font: f64, set_font: impl Fn(f64)) {
        let room = self.room();
        if room.0 <= 0.0 || room.1 <= 0.0 {
            return;
        }
        self.class(WATCHING, true);
        // What is wrapped by its place measures wrong.
        self.style("transform", "");
        let mut font = watching::font(own_font, font, self.taken(), room);
        set_font(font);
        // Cells are whole device pixels, so that the first guess may be a little too large.
        while !watching::fits(self.taken(), room) && font > watching::MIN_FONT {
            font = (font - watching::STEP).max(watching::MIN_FONT);
            set_font(font);
        }
        let taken = self.taken();
        self.style("width", &format!("{}px", taken.0));
        self.style("height", &format!("{}px", taken.1));
        let scale = watching::scale(taken, room);
        let scaled = scale < 1.0;
        // xterm.js knows nothing of the scale, and would take a pointer to be elsewhere.
        self.class(SCALED, scaled);
        if scaled {
            self.style("transform", &format!("scale({scale})"));
        }
    }

    /// Whether it is shown at all. Of an element that isn't, a style in per cent is computed as such,
    /// and the addon that fits takes 100 % for 100 pixels.
    pub fn has_room(&self) -> bool {
        let (width, height) = self.room();
        width > 0.0 && height > 0.0
    }

    fn room(&self) -> Extent {
        (self.parent.client_width().into(), self.parent.client_height().into())
    }

    fn taken(&self) -> Extent {
        let screen = self.inner.query_selector(".xterm-screen").ok().flatten();
        let screen = screen.and_then(|screen| screen.dyn_into::<HtmlElement>().ok());
        screen.map_or((0.0, 0.0), |screen| (screen.offset_width().into(), screen.offset_height().into()))
    }

    fn class(&self, name: &str, on: bool) {
        // Fails for a name with a space only.
        let _ = self.parent.class_list().toggle_with_force(name, on);
    }

    fn style(&self, property: &str, value: &str) {
        // Fails in no browser for a property that it knows.
        let _ = self.inner.style().set_property(property, value);
    }
}
