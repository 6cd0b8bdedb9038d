//! Keys that aren't text, as the bytes a program gets for them.
//!
//! The encoding is xterm's: <https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>, "PC-Style
//! Function Keys".

/// Modifiers held, or made sticky on the key bar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Modifiers {
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
}

impl Modifiers {
    pub const NONE: Self = Self { ctrl: false, alt: false, shift: false };

    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// xterm's parameter: 1 and a bit each.
    fn parameter(self) -> u8 {
        1 + u8::from(self.shift) + 2 * u8::from(self.alt) + 4 * u8::from(self.ctrl)
    }
}

/// A key that isn't text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Escape,
    Tab,
    Enter,
    Backspace,
    Delete,
    Up,
    Down,
    Right,
    Left,
    Home,
    End,
    PageUp,
    PageDown,
}

/// What `key` sends, in a terminal whose cursor keys are in `application` mode or not.
#[must_use]
pub fn encode(key: Key, modifiers: Modifiers, application: bool) -> String {
    let escape = if modifiers.alt { "\x1b" } else { "" };
    match key {
        Key::Escape => format!("{escape}\x1b"),
        Key::Tab if modifiers.shift => "\x1b[Z".to_owned(),
        Key::Tab => format!("{escape}\t"),
        Key::Enter => format!("{escape}\r"),
        Key::Backspace if modifiers.ctrl => format!("{escape}\x08"),
        Key::Backspace => format!("{escape}\x7f"),
        Key::Delete => tilde(3, modifiers),
        Key::PageUp => tilde(5, modifiers),
        Key::PageDown => tilde(6, modifiers),
        Key::Up => letter('A', modifiers, application),
        Key::Down => letter('B', modifiers, application),
        Key::Right => letter('C', modifiers, application),
        Key::Left => letter('D', modifiers, application),
        Key::Home => letter('H', modifiers, application),
        Key::End => letter('F', modifiers, application),
    }
}

/// What typed `text` becomes under `modifiers`: Ctrl makes a control character of the first where
/// it has one, Alt puts an escape before it.
#[must_use]
pub fn modify(text: &str, modifiers: Modifiers) -> String {
    let mut characters = text.chars();
    let Some(first) = characters.next().filter(|_| !modifiers.is_none()) else { return text.to_owned() };
    let first = if modifiers.ctrl { control(first).unwrap_or(first) } else { first };
    let mut modified = String::with_capacity(text.len() + 1);
    if modifiers.alt {
        modified.push('\x1b');
    }
    modified.push(first);
    modified.push_str(characters.as_str());
    modified
}

/// The control character of a key, as terminals have had it since the VT100.
fn control(key: char) -> Option<char> {
    let code = match key {
        'a'..='z' | 'A'..='Z' | '@' | '[' | '\\' | ']' | '^' | '_' => key.to_ascii_uppercase() as u8 & 0x1f,
        ' ' | '2' => 0x00,
        '3' => 0x1b,
        '4' => 0x1c,
        '5' => 0x1d,
        '6' => 0x1e,
        '7' | '/' | '-' => 0x1f,
        '8' | '?' => 0x7f,
        _ => return None,
    };
    Some(char::from(code))
}

fn letter(last: char, modifiers: Modifiers, application: bool) -> String {
    match (modifiers.is_none(), application) {
        (true, true) => format!("\x1bO{last}"),
        (true, false) => format!("\x1b[{last}"),
        (false, _) => format!("\x1b[1;{}{last}", modifiers.parameter()),
    }
}

fn tilde(number: u8, modifiers: Modifiers) -> String {
    if modifiers.is_none() { format!("\x1b[{number}~") } else { format!("\x1b[{number};{}~", modifiers.parameter()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    const CTRL: Modifiers = Modifiers { ctrl: true, alt: false, shift: false };
    const ALT: Modifiers = Modifiers { ctrl: false, alt: true, shift: false };

    test_everywhere! {
        fn arrows_follow_the_cursor_key_mode_unless_modified() {
            assert_eq!(encode(Key::Up, Modifiers::NONE, false), "\x1b[A");
            assert_eq!(encode(Key::Up, Modifiers::NONE, true), "\x1bOA");
            assert_eq!(encode(Key::Left, CTRL, true), "\x1b[1;5D");
            assert_eq!(encode(Key::End, ALT, false), "\x1b[1;3F");
        }

        fn editing_keys_have_a_number() {
            assert_eq!(encode(Key::PageUp, Modifiers::NONE, true), "\x1b[5~");
            assert_eq!(encode(Key::Delete, CTRL, false), "\x1b[3;5~");
        }

        fn tab_escape_and_enter_are_control_characters() {
            assert_eq!(encode(Key::Tab, Modifiers::NONE, false), "\t");
            assert_eq!(encode(Key::Tab, Modifiers { shift: true, ..Modifiers::NONE }, false), "\x1b[Z");
            assert_eq!(encode(Key::Escape, Modifiers::NONE, false), "\x1b");
            assert_eq!(encode(Key::Enter, ALT, false), "\x1b\r");
            assert_eq!(encode(Key::Backspace, Modifiers::NONE, false), "\x7f");
        }

        fn ctrl_makes_control_characters_where_there_are_any() {
            assert_eq!(modify("c", CTRL), "\x03");
            assert_eq!(modify("C", CTRL), "\x03");
            assert_eq!(modify(" ", CTRL), "\0");
            assert_eq!(modify("[", CTRL), "\x1b");
            assert_eq!(modify("é", CTRL), "é");
            assert_eq!(modify("", CTRL), "");
        }

        fn alt_puts_an_escape_before_and_only_the_first_character_changes() {
            assert_eq!(modify("b", ALT), "\x1bb");
            assert_eq!(modify("cd", CTRL), "\x03d");
            assert_eq!(modify("x", Modifiers::NONE), "x");
        }
    }
}
