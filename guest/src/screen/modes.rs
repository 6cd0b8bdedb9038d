//! Modes: SM, RM, DECSET, DECRST, DECSCUSR, and what DECRQM says of them.

use super::parser::Params;
use super::state::State;

/// Which mouse events a program asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Mouse {
    #[default]
    Off,
    /// 9: presses only.
    X10,
    /// 1000
    Buttons,
    /// 1002
    Drag,
    /// 1003
    Motion,
}

impl Mouse {
    const ALL: [(i32, Self); 4] = [(9, Self::X10), (1000, Self::Buttons), (1002, Self::Drag), (1003, Self::Motion)];

    pub fn number(self) -> Option<i32> {
        Self::ALL.iter().find(|(_, mouse)| *mouse == self).map(|(number, _)| *number)
    }
}

/// How mouse events are to be written. xterm.js has given up 1005 and 1015.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum MouseEncoding {
    #[default]
    Bytes,
    /// 1006
    Sgr,
    /// 1016
    Pixels,
}

/// All modes. The names say what is on when true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Modes {
    pub insert: bool,
    pub new_line: bool,
    pub cursor_keys: bool,
    pub keypad: bool,
    pub origin: bool,
    pub autowrap: bool,
    pub reverse_wrap: bool,
    /// 12, if a program has set or reset it: the page has a preference of its own.
    pub blink: Option<bool>,
    pub cursor_visible: bool,
    pub mouse: Mouse,
    pub encoding: MouseEncoding,
    pub focus: bool,
    /// 1007
    pub alternate_scroll: bool,
    pub bracketed_paste: bool,
    pub synchronized: bool,
    /// DECSCUSR, 0 for the page's own.
    pub cursor_style: u8,
}

impl Default for Modes {
    fn default() -> Self {
        Self {
            insert: false,
            new_line: false,
            cursor_keys: false,
            keypad: false,
            origin: false,
            autowrap: true,
            reverse_wrap: false,
            blink: None,
            cursor_visible: true,
            mouse: Mouse::Off,
            encoding: MouseEncoding::Bytes,
            focus: false,
            alternate_scroll: false,
            bracketed_paste: false,
            synchronized: false,
            cursor_style: 0,
        }
    }
}

impl Modes {
    /// What DECSTR leaves: the mouse and what xterm.js holds as options.
    pub fn soft_reset(&mut self) {
        let old = std::mem::take(self);
        self.keep_options(&old);
        self.mouse = old.mouse;
        self.encoding = old.encoding;
        self.alternate_scroll = old.alternate_scroll;
    }

    /// Takes over from `old` what xterm.js holds as options, which no reset changes.
    pub fn keep_options(&mut self, old: &Self) {
        self.new_line = old.new_line;
        self.blink = old.blink;
    }

    pub fn set_cursor_style(&mut self, style: i32) {
        // A number xterm.js does not know changes only whether the cursor blinks, and is left out.
        if let Ok(style @ 0..=6) = u8::try_from(style) {
            self.cursor_style = style;
        }
    }

    /// The private modes that are plain switches.
    fn switch(&mut self, number: i32) -> Option<&mut bool> {
        Some(match number {
            1 => &mut self.cursor_keys,
            6 => &mut self.origin,
            7 => &mut self.autowrap,
            25 => &mut self.cursor_visible,
            45 => &mut self.reverse_wrap,
            66 => &mut self.keypad,
            1004 => &mut self.focus,
            1007 => &mut self.alternate_scroll,
            2004 => &mut self.bracketed_paste,
            2026 => &mut self.synchronized,
            _ => return None,
        })
    }

    /// The switches that a snapshot sets without a side effect: all but origin mode.
    pub const PLAIN: [i32; 9] = [1, 7, 25, 45, 66, 1004, 1007, 2004, 2026];

    /// Whether the private switch `number` is on.
    pub fn is_on(&self, number: i32) -> Option<bool> {
        self.clone().switch(number).map(|on| *on)
    }
}

impl State {
    pub(super) fn set_modes(&mut self, p: &Params, on: bool) {
        for at in 0..p.len() {
            match p.get(at) {
                4 => self.modes.insert = on,
                20 => self.modes.new_line = on,
                _ => {}
            }
        }
    }

    pub(super) fn set_private_modes(&mut self, p: &Params, on: bool) {
        for at in 0..p.len() {
            let number = p.get(at);
            match number {
                2 if on => {
                    for level in 0..4 {
                        self.set_charset(level, super::charset::Charset::Ascii);
                    }
                }
                12 => self.modes.blink = Some(on),
                9 | 1000 | 1002 | 1003 => {
                    let mouse = Mouse::ALL.iter().find(|(known, _)| *known == number);
                    self.modes.mouse = if on { mouse.map_or(Mouse::Off, |(_, mouse)| *mouse) } else { Mouse::Off };
                }
                1006 | 1016 => {
                    self.modes.encoding = match (on, number) {
                        (false, _) => MouseEncoding::Bytes,
                        (true, 1006) => MouseEncoding::Sgr,
                        (true, _) => MouseEncoding::Pixels,
                    }
                }
                47 | 1047 if on => self.show_alternate(),
                47 | 1047 => self.show_normal(),
                1048 if on => self.save_cursor(),
                1048 => self.restore_cursor(),
                1049 if on => {
                    self.save_cursor();
                    self.show_alternate();
                }
                1049 => {
                    self.show_normal();
                    self.restore_cursor();
                }
                _ => {
                    if let Some(switch) = self.modes.switch(number) {
                        *switch = on;
                    }
                    if number == 6 {
                        self.set_cursor(0, 0);
                    }
                }
            }
        }
    }

    /// DECRQM's answer for a mode: 0 unknown, 1 on, 2 off, 3 always on, 4 always off.
    pub(super) fn mode_report(&self, number: i32, private: bool) -> u8 {
        let modes = &self.modes;
        let on = match (private, number) {
            (false, 2) | (true, 67 | 1005 | 1015) => return 4,
            (false, 12) | (true, 8) => return 3,
            (true, 1048) => true,
            (false, 4) => modes.insert,
            (false, 20) => modes.new_line,
            (true, 12) => modes.blink.unwrap_or(false),
            (true, 9 | 1000 | 1002 | 1003) => modes.mouse.number() == Some(number),
            (true, 1006) => modes.encoding == MouseEncoding::Sgr,
            (true, 1016) => modes.encoding == MouseEncoding::Pixels,
            (true, 47 | 1047 | 1049) => self.is_alternate,
            (true, _) => match modes.is_on(number) {
                Some(on) => on,
                None => return 0,
            },
            (false, _) => return 0,
        };
        if on { 1 } else { 2 }
    }
}
