//! Answers to queries, in xterm.js' words. Pages give none, but of their colours.
//!
//! What would let output type what it likes is never answered: the title (CSI 21 t), the answerback
//! (ENQ), the clipboard (OSC 52).

use super::ScreenEvent;
use super::cell::PROTECTED;
use super::color::{self, Rgb};
use super::parser::Params;
use super::state::State;

/// Text, background and cursor of the page's dark theme, for programs that ask whether it is dark.
const DEFAULT_COLORS: [Rgb; 3] = [0xe4_e4e7, 0x09_090b, 0xe4_e4e7];

impl State {
    fn answer(&mut self, text: String) {
        self.emit(ScreenEvent::Reply(text.into_bytes()));
    }

    pub(super) fn reply(&mut self, p: &Params, collect: u32, last: u8) {
        let what = p.get(0);
        const PRIVATE_MODE: u32 = (b'?' as u32) << 8 | b'$' as u32;
        const MODE: u32 = b'$' as u32;
        let (x, y) = (self.x + 1, self.y + 1);
        match (u8::try_from(collect), last) {
            (Ok(0), b'c') if what <= 0 => self.answer("\x1b[?1;2c".to_owned()),
            (Ok(b'>'), b'c') if what <= 0 => self.answer("\x1b[>0;276;0c".to_owned()),
            (Ok(b'>'), b'q') if what <= 0 => {
                self.answer(format!("\x1bP>|Berth({})\x1b\\", env!("CARGO_PKG_VERSION")));
            }
            (Ok(0), b'n') if what == 5 => self.answer("\x1b[0n".to_owned()),
            (Ok(0), b'n') if what == 6 => self.answer(format!("\x1b[{y};{x}R")),
            (Ok(b'?'), b'n') if what == 6 => self.answer(format!("\x1b[?{y};{x}R")),
            (_, b'p') if collect == MODE => {
                let report = self.mode_report(what, false);
                self.answer(format!("\x1b[{what};{report}$y"));
            }
            (_, b'p') if collect == PRIVATE_MODE => {
                let report = self.mode_report(what, true);
                self.answer(format!("\x1b[?{what};{report}$y"));
            }
            _ => {}
        }
    }

    /// CSI ? u.
    pub(super) fn reply_keyboard(&mut self) {
        let flags = self.keyboard_mut().flags();
        self.answer(format!("\x1b[?{flags}u"));
    }

    /// OSC 10, 11 or 12 with `?`.
    pub(super) fn reply_special(&mut self, which: usize) {
        let color = self.colors.special[which].unwrap_or(DEFAULT_COLORS[which]);
        self.answer(format!("\x1b]{};{}\x1b\\", 10 + which, color::format(color)));
    }

    /// OSC 4 with `?`, for colours that are known: those a program set.
    pub(super) fn reply_palette(&mut self, index: u8) {
        if let Some(color) = self.colors.palette.get(&index).copied() {
            self.answer(format!("\x1b]4;{index};{}\x1b\\", color::format(color)));
        }
    }

    /// DECRQSS.
    pub(super) fn reply_status(&mut self, what: &[u8]) {
        let status = match what {
            b"\"q" => format!("1$r{}\"q", u8::from(self.pen.bg & PROTECTED != 0)),
            b"\"p" => "1$r61;1\"p".to_owned(),
            b"r" => format!("1$r{};{}r", self.grid().top + 1, self.grid().bottom + 1),
            b"m" => "1$r0m".to_owned(),
            b" q" => format!("1$r{} q", self.modes.cursor_style.max(1)),
            _ => "0$r".to_owned(),
        };
        self.answer(format!("\x1bP{status}\x1b\\"));
    }
}
