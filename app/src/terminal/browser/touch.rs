//! Fingers on a terminal: pointer events go to [`Gestures`], and what they mean is done to xterm.js.

use std::cell::{Cell as Slot, RefCell};
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, MouseEvent, PointerEvent, WheelEvent, WheelEventInit};

use super::listeners::Listeners;
use super::selection::Selection;
use super::text_input::field_of;
use super::viewport::keyboard_is_open;
use super::xterm::Xterm;
use crate::browser::settle;
use crate::contexts::preferences::CurrentPreferences;
use crate::model::preferences::{MAX_FONT_SIZE, MIN_FONT_SIZE};
use crate::terminal::gestures::{Action, Gestures, LONG_PRESS_MS, Touch};
use crate::terminal::keys::{Key, Modifiers};
use crate::terminal::state::TerminalState;

#[wasm_bindgen]
extern "C" {
    /// What of xterm.js only fingers need.
    #[derive(Clone)]
    type Touched;

    #[wasm_bindgen(method, getter)]
    fn cols(this: &Touched) -> u32;

    #[wasm_bindgen(method, getter)]
    fn rows(this: &Touched) -> u32;

    /// `Terminal.options`.
    type FontOptions;

    #[wasm_bindgen(method, getter, js_name = fontSize)]
    fn font_size(this: &FontOptions) -> u32;
}

struct Hand {
    parent: HtmlElement,
    state: TerminalState,
    preferences: CurrentPreferences,
    xterm: Xterm,
    gestures: RefCell<Gestures>,
    selection: Rc<Selection>,
    long_press: RefCell<Option<Timeout>>,
    /// The finger that came down last, and where it is.
    last: Slot<Option<Touch>>,
    /// Whether the next mouse events are made of a touch.
    by_touch: Slot<bool>,
    /// Whether the finger that came down last has done something: it clicks nothing then.
    spent: Slot<bool>,
    /// The font's size when a pinch began.
    pinched_from: Slot<Option<u32>>,
    framed: Slot<bool>,
    this: Weak<Self>,
}

/// Listens to fingers in `parent`, where `xterm` is, for as long as what it gives is kept.
pub fn attach(parent: &HtmlElement, xterm: &Xterm, state: TerminalState, preferences: CurrentPreferences) -> Listeners {
    let hand = Rc::new_cyclic(|this| Hand {
        parent: parent.clone(),
        state,
        preferences,
        xterm: xterm.clone(),
        gestures: RefCell::new(Gestures::new()),
        selection: Selection::new(parent, xterm, state),
        long_press: RefCell::new(None),
        last: Slot::new(None),
        by_touch: Slot::new(false),
        spent: Slot::new(false),
        pinched_from: Slot::new(None),
        framed: Slot::new(false),
        this: Weak::clone(this),
    });
    let mut listeners = Listeners::on(parent);
    let mut on_pointer = |name, hear: fn(&Hand, &PointerEvent)| {
        let hand = Rc::clone(&hand);
        listeners.before(name, move |event: PointerEvent| {
            let by_touch = event.pointer_type() == "touch";
            if name == "pointerdown" {
                hand.by_touch.set(by_touch);
            }
            if by_touch && !hand.selection.hear(&event) {
                hear(&hand, &event);
            }
        });
    };
    on_pointer("pointerdown", Hand::down);
    on_pointer("pointermove", Hand::moved);
    on_pointer("pointerup", Hand::up);
    on_pointer("pointercancel", |hand, _| hand.cancel());
    let mut on_mouse = |name, hear: fn(&Hand, &MouseEvent)| {
        let hand = Rc::clone(&hand);
        listeners.before(name, move |event: MouseEvent| {
            if hand.by_touch.get() {
                hear(&hand, &event);
            }
        });
    };
    on_mouse("contextmenu", |_, event| refuse(event));
    // A long press may end with a click in some browsers. And two quick taps are two taps, not a
    // selection with the mouse.
    on_mouse("mousedown", |hand, event| {
        if hand.spent.get() || event.detail() > 1 {
            refuse(event);
        }
    });
    on_mouse("mouseup", |hand, event| {
        if hand.spent.get() {
            refuse(event);
        }
    });
    on_mouse("click", |hand, event| {
        if hand.spent.get() {
            refuse(event);
        } else {
            hand.tapped();
        }
    });
    // For browsers that know `touch-action` by half.
    listeners.before("touchmove", |event: web_sys::Event| event.prevent_default());
    listeners
}

impl Hand {
    fn down(&self, event: &PointerEvent) {
        let screen = self.selection.screen();
        let touched: &Touched = self.xterm.unchecked_ref();
        let (cols, rows) = (f64::from(touched.cols().max(1)), f64::from(touched.rows().max(1)));
        let touch = touch(event);
        let action = {
            let mut gestures = self.gestures.borrow_mut();
            if let Some(screen) = screen {
                gestures.measure(screen.width() / cols, screen.height() / rows);
            }
            gestures.down(touch)
        };
        self.last.set(Some(touch));
        self.spent.set(false);
        let pressed = Weak::clone(&self.this);
        let id = touch.id;
        *self.long_press.borrow_mut() = Some(Timeout::new(LONG_PRESS_MS, move || {
            if let Some(hand) = pressed.upgrade() {
                let action = hand.gestures.borrow_mut().long_press(id);
                hand.act(action);
            }
        }));
        self.act(action);
    }

    fn moved(&self, event: &PointerEvent) {
        let touch = touch(event);
        self.last.set(Some(touch));
        let action = self.gestures.borrow_mut().moved(touch);
        if action.is_some() && !self.parent.has_pointer_capture(touch.id) {
            // What was touched may go as the screen is drawn anew, and the finger's events with it.
            // Fails for a finger that has just left, which needs it no more.
            let _ = self.parent.set_pointer_capture(touch.id);
        }
        self.act(action);
        self.go_on();
    }

    fn up(&self, event: &PointerEvent) {
        self.long_press.borrow_mut().take();
        let action = self.gestures.borrow_mut().up(touch(event));
        self.act(action);
        self.go_on();
    }

    fn cancel(&self) {
        self.long_press.borrow_mut().take();
        let action = self.gestures.borrow_mut().cancel();
        self.act(action);
    }

    /// Brings the keyboard, also one that was put away while the field kept the focus.
    fn tapped(&self) {
        let Some(field) = field_of(&self.parent) else { return };
        let has_focus = document().active_element().as_ref() == Some(field.as_ref());
        if has_focus && !keyboard_is_open() {
            // Neither can fail on an element that is on the page.
            let _ = field.blur();
        }
        self.state.with_screen(|screen| screen.focus());
    }

    /// Lets what goes on by itself go on with each frame.
    fn go_on(&self) {
        if !self.gestures.borrow().goes_on() || self.framed.replace(true) {
            return;
        }
        let this = Weak::clone(&self.this);
        request_animation_frame(move || {
            if let Some(hand) = this.upgrade() {
                hand.framed.set(false);
                let action = hand.gestures.borrow_mut().frame(now());
                hand.act(action);
                hand.go_on();
            }
        });
    }

    fn act(&self, action: Option<Action>) {
        let Some(action) = action else { return };
        self.spent.set(true);
        match action {
            Action::Arrows { right, count } => {
                settle();
                let key = if right { Key::Right } else { Key::Left };
                self.state.with_screen(|screen| (0..count).for_each(|_| screen.press(key, Modifiers::NONE)));
            }
            Action::Scroll { lines } => self.scroll(lines),
            Action::SelectWord { x, y } => self.selection.select_word(x, y),
            Action::Extend { x, y } => self.selection.extend(x, y),
            Action::Selected => self.selection.show(),
            Action::Pinch { factor } => self.pinch(factor),
            Action::Pinched => drop(self.pinched_from.take()),
        }
    }

    /// Scrolls what is kept; a program that has the whole screen or the mouse gets a wheel, of
    /// which xterm.js makes what it does for a mouse.
    fn scroll(&self, lines: i32) {
        if !self.selection.program_scrolls() {
            self.state.with_screen(|screen| screen.scroll(lines));
            return;
        }
        let Some(touch) = self.last.get() else { return };
        let Some(screen) = self.parent.query_selector(".xterm-screen").ok().flatten() else { return };
        for _ in 0..lines.unsigned_abs() {
            let wheel = WheelEventInit::new();
            wheel.set_bubbles(true);
            wheel.set_cancelable(true);
            wheel.set_delta_mode(WheelEvent::DOM_DELTA_LINE);
            wheel.set_delta_y(f64::from(lines.signum()));
            wheel.set_client_x(touch.x as i32);
            wheel.set_client_y(touch.y as i32);
            if let Ok(wheel) = WheelEvent::new_with_event_init_dict("wheel", &wheel) {
                // Whether somebody prevented its default doesn't matter: it has none.
                let _ = screen.dispatch_event(&wheel);
            }
        }
    }

    fn pinch(&self, factor: f64) {
        let from = self.pinched_from.get().unwrap_or_else(|| self.font_size());
        self.pinched_from.set(Some(from));
        let size = (f64::from(from) * factor).round().clamp(f64::from(MIN_FONT_SIZE), f64::from(MAX_FONT_SIZE));
        // A preference like any other: shown at once, and kept a moment after the last change.
        if self.font_size() != size as u32 {
            self.preferences.change(|preferences| preferences.font_size = Some(size as u8));
        }
    }

    fn font_size(&self) -> u32 {
        self.xterm.options().unchecked_into::<FontOptions>().font_size()
    }
}

fn refuse(event: &MouseEvent) {
    event.prevent_default();
    event.stop_immediate_propagation();
}

fn touch(event: &PointerEvent) -> Touch {
    Touch { id: event.pointer_id(), x: event.client_x().into(), y: event.client_y().into(), at: now() }
}

/// Milliseconds since the page was opened.
fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}
