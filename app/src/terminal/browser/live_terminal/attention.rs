//! A program rings or notifies.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use super::{LiveTerminal, with};
use crate::browser::is_visible;
use crate::model::preferences::Bell;
use crate::terminal::browser::xterm;

/// How long the visual bell lasts, milliseconds; as its animation in style/main.css.
const FLASH_MS: u32 = 300;
const FLASH: &str = "screen-rings";

impl LiveTerminal {
    /// BEL was written.
    pub(super) fn rang(&self) {
        match self.preferences.signal().with_untracked(|preferences| preferences.bell) {
            Bell::Off => return,
            Bell::Visual => self.flash(),
            Bell::Sound => xterm::beep(),
        }
        self.called("", "");
    }

    /// Forgets a call that is looked at.
    pub(super) fn look(&self) {
        if self.shown.get() && is_visible() && self.state.calls.try_get_untracked() == Some(true) {
            let _ = self.state.calls.try_set(false);
        }
    }

    fn flash(&self) {
        // Fails for a name with a space only.
        let _ = self.parent.class_list().add_1(FLASH);
        let end = with(&self.this, |this, ()| {
            let _ = this.parent.class_list().remove_1(FLASH);
        });
        // A bell within another's flash makes it longer, not quicker: nothing flickers.
        *self.flash.borrow_mut() = Some(Timeout::new(FLASH_MS, move || end(())));
    }
}
