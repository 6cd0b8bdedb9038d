//! Moving a tab by pointer: a mouse drags it at once, a finger after it has rested on it, for
//! otherwise it scrolls the strip. A finger that rests and lifts asks for the tab's close button.

use std::time::Duration;

use leptos::ev::{PointerEvent, TouchEvent};
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use protocol::TerminalId;
use wasm_bindgen::JsCast;

use super::session_page::SessionPage;
use crate::terminal::tabs::Tabs;

/// How long a finger rests before a tab is lifted: what Android and iOS take for a long press.
const LONG_PRESS: Duration = Duration::from_millis(450);
/// How far a mouse moves before it drags, CSS pixels: a press is seldom still.
const MOUSE_SLACK: i32 = 5;
/// How far a finger may move and still rest.
const FINGER_SLACK: i32 = 10;

/// A tab under a pointer.
#[derive(Clone, Copy)]
struct Grip {
    id: TerminalId,
    pointer: i32,
    from: i32,
    touch: bool,
    lifted: bool,
    moved: bool,
    timer: Option<TimeoutHandle>,
}

/// The one drag there can be.
#[derive(Clone, Copy)]
pub struct Drag {
    page: SessionPage,
    grip: StoredValue<Option<Grip>>,
    /// The tab that is lifted.
    pub lifted: RwSignal<Option<TerminalId>>,
    /// The tab that a finger asked to close.
    pub held: RwSignal<Option<TerminalId>>,
}

impl Drag {
    pub fn new(page: SessionPage, lifted: RwSignal<Option<TerminalId>>, held: RwSignal<Option<TerminalId>>) -> Self {
        Self { page, grip: StoredValue::new(None), lifted, held }
    }

    pub fn down(self, event: &PointerEvent) {
        self.end();
        let Some(target) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else { return };
        let on_tab = target.closest(".tab-label").ok().flatten();
        let id = on_tab.and_then(|tab| tab.id().strip_prefix("tab-")?.parse::<TerminalId>().ok());
        let Some(id) = id.filter(|id| *id != TerminalId::FIRST && event.button() == 0) else { return };
        let touch = event.pointer_type() == "touch";
        let strip = event.current_target().and_then(|strip| strip.dyn_into::<web_sys::Element>().ok());
        let pointer = event.pointer_id();
        let timer = touch.then(|| {
            let lift = move || {
                self.change(|grip| grip.timer = None);
                self.lift(strip.as_ref(), pointer);
            };
            set_timeout_with_handle(lift, LONG_PRESS).ok()
        });
        let timer = timer.flatten();
        let grip = Grip { id, pointer, from: event.client_x(), touch, lifted: false, moved: false, timer };
        self.grip.set_value(Some(grip));
    }

    pub fn moved(self, event: &PointerEvent) {
        let Some(grip) = self.grip.get_value().filter(|grip| grip.pointer == event.pointer_id()) else { return };
        let strip = event.current_target().and_then(|strip| strip.dyn_into::<web_sys::Element>().ok());
        let far = (event.client_x() - grip.from).abs();
        if !grip.lifted {
            match grip.touch {
                // It scrolls.
                true if far > FINGER_SLACK => self.end(),
                false if far > MOUSE_SLACK => self.lift(strip.as_ref(), grip.pointer),
                _ => return,
            }
        }
        if let (Some(strip), true) = (strip, self.lifted.get_untracked().is_some()) {
            let place = place_at(&strip, grip.id, event.client_x());
            let tabs = self.page.tabs;
            let from = tabs.with_untracked(|tabs| tabs.place(grip.id));
            if from != Some(place.max(1)) && tabs.try_update(|tabs| tabs.move_to(grip.id, place)) == Some(true) {
                self.change(|grip| grip.moved = true);
            }
        }
    }

    pub fn up(self, event: &PointerEvent) {
        let Some(grip) = self.grip.get_value().filter(|grip| grip.pointer == event.pointer_id()) else { return };
        if grip.moved {
            self.page.say_place(grip.id);
        } else if grip.lifted && grip.touch {
            self.held.set(Some(grip.id));
        }
        self.end();
    }

    /// Lets go of the tab, wherever it is.
    pub fn end(self) {
        if let Some(timer) = self.grip.try_update_value(Option::take).flatten().and_then(|grip| grip.timer) {
            timer.clear();
        }
        if self.lifted.get_untracked().is_some() {
            self.lifted.set(None);
        }
    }

    /// A lifted tab isn't scrolled with.
    pub fn touch(self, event: &TouchEvent) {
        if self.lifted.get_untracked().is_some() && event.cancelable() {
            event.prevent_default();
        }
    }

    /// Takes a tab from its place. The strip hears of the pointer from now on: a tab that moves is
    /// taken off the page and put back, and would hear no more.
    fn lift(self, strip: Option<&web_sys::Element>, pointer: i32) {
        let Some(grip) = self.grip.try_get_value().flatten() else { return };
        self.change(|grip| grip.lifted = true);
        self.held.set(None);
        self.lifted.set(Some(grip.id));
        if let Some(strip) = strip {
            // Fails when the pointer is gone already; then it moves nothing either.
            let _ = strip.set_pointer_capture(pointer);
        }
    }

    fn change(self, change: impl FnOnce(&mut Grip)) {
        self.grip.try_update_value(|grip| grip.as_mut().map(change));
    }
}

/// Where `id` belongs with the pointer at `x`: behind the others whose middle is left of it.
fn place_at(strip: &web_sys::Element, id: TerminalId, x: i32) -> usize {
    let others = TerminalId::all().filter(|other| *other != id);
    let middles = others.filter_map(|other| {
        let tab = strip.query_selector(&format!("#tab-{other}")).ok().flatten()?.get_bounding_client_rect();
        Some(tab.x() + tab.width() / 2.0)
    });
    middles.filter(|middle| *middle < f64::from(x)).count()
}

/// Brings the active tab into sight, in a strip that scrolls.
pub fn keep_in_sight(tabs: RwSignal<Tabs>) {
    let active = Memo::new(move |_| tabs.with(Tabs::active));
    Effect::new(move |_| {
        let id = super::session_page::tab_id(active.get());
        // A new tab is on the page in the next frame.
        request_animation_frame(move || {
            if let Some(tab) = document().get_element_by_id(&id) {
                let options = web_sys::ScrollIntoViewOptions::new();
                options.set_block(web_sys::ScrollLogicalPosition::Nearest);
                options.set_inline(web_sys::ScrollLogicalPosition::Nearest);
                tab.scroll_into_view_with_scroll_into_view_options(&options);
            }
        });
    });
}
