//! Keys with their modifiers: as the browser tells of them, and as people read them.

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord {
    /// Ctrl; Cmd on a Mac.
    main: bool,
    /// Ctrl on a Mac too.
    ctrl: bool,
    alt: bool,
    shift: bool,
    key: Key,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A letter, found by its place where the layout has no Latin letters.
    Letter(char),
    /// A digit, found by its place: with Shift it types another sign.
    Digit(u8),
    /// A sign, wherever the layout has it.
    Sign(char),
    /// As the browser names it.
    Named(&'static str),
}

/// A press of a key, as the browser tells it.
#[derive(Debug, Clone, Copy)]
pub struct Press<'a> {
    pub key: &'a str,
    pub code: &'a str,
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
    pub meta: bool,
}

pub const fn main(key: Key) -> Chord {
    Chord { main: true, ctrl: false, alt: false, shift: false, key }
}

pub const fn main_shift(key: Key) -> Chord {
    Chord { main: true, ctrl: false, alt: false, shift: true, key }
}

/// On a Mac too: Cmd+Shift and a digit takes pictures of the screen there.
pub const fn ctrl_shift(key: Key) -> Chord {
    Chord { main: false, ctrl: true, alt: false, shift: true, key }
}

pub const fn ctrl_alt(key: Key) -> Chord {
    Chord { main: false, ctrl: true, alt: true, shift: false, key }
}

impl Chord {
    /// Whether `press` is this, on a Mac or elsewhere.
    #[must_use]
    pub fn is(self, press: &Press<'_>, mac: bool) -> bool {
        let (ctrl, meta) = (self.ctrl || self.main && !mac, self.main && mac);
        // A sign may need Shift or not, as the layout has it.
        let shift = matches!(self.key, Key::Sign(_)) || press.shift == self.shift;
        press.ctrl == ctrl && press.meta == meta && press.alt == self.alt && shift && self.key.is(press)
    }

    /// As people read it.
    #[must_use]
    pub fn text(self, mac: bool) -> String {
        let names = if mac { ["⌃", "⌘", "⌥", "⇧"] } else { ["Ctrl+", "Ctrl+", "Alt+", "Shift+"] };
        let held = [self.ctrl, self.main, self.alt, self.shift];
        let mut text: String = held.iter().zip(names).filter(|(held, _)| **held).map(|(_, name)| name).collect();
        match self.key {
            Key::Letter(letter) => text.push(letter.to_ascii_uppercase()),
            Key::Digit(digit) => text.push(char::from(b'0' + digit)),
            Key::Sign(sign) => text.push(sign),
            Key::Named(name) => text.push_str(match name {
                "ArrowLeft" => "←",
                "ArrowRight" => "→",
                "ArrowUp" => "↑",
                "ArrowDown" => "↓",
                "PageUp" => "Page Up",
                "PageDown" => "Page Down",
                name => name,
            }),
        }
        text
    }
}

impl Key {
    fn is(self, press: &Press<'_>) -> bool {
        let mut typed = press.key.chars();
        let typed = typed.next().filter(|_| typed.as_str().is_empty());
        match self {
            Self::Letter(letter) => match typed {
                Some(typed) if typed.is_ascii_alphabetic() => typed.eq_ignore_ascii_case(&letter),
                _ => press
                    .code
                    .strip_prefix("Key")
                    .is_some_and(|code| code.eq_ignore_ascii_case(letter.encode_utf8(&mut [0; 4]))),
            },
            Self::Digit(digit) => {
                press.code.strip_prefix("Digit").is_some_and(|code| code.as_bytes() == [b'0' + digit])
            }
            Self::Sign(sign) => typed == Some(sign),
            Self::Named(name) => press.key == name,
        }
    }
}
