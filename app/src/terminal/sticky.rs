//! Modifiers that were made sticky on the key bar, applied to what xterm.js sends next.
//!
//! xterm.js sends keys, pastes and reports (mouse, focus) down one way. Only a key takes the
//! modifiers; all else passes as it is and leaves them for the key that follows.

use super::keys::{Key, Modifiers, encode, modify};

/// What `sent` becomes under `modifiers`, in a terminal whose cursor keys are in `application` mode
/// or not. None when it is not a key.
#[must_use]
pub fn apply(sent: &str, modifiers: Modifiers, application: bool) -> Option<String> {
    if modifiers.is_none() || sent.is_empty() {
        return None;
    }
    if let Some(key) = key(sent) {
        return Some(encode(key, modifiers, application));
    }
    match sent.strip_prefix('\x1b') {
        None => Some(modify(sent, modifiers)),
        // A character with Alt held; anything longer is a sequence.
        Some(rest) if rest.chars().count() == 1 => Some(modify(rest, Modifiers { alt: true, ..modifiers })),
        Some(_) => None,
    }
}

/// The key that sends `sent` when nothing is held.
fn key(sent: &str) -> Option<Key> {
    Some(match sent {
        "\x1b" => Key::Escape,
        "\t" => Key::Tab,
        "\r" => Key::Enter,
        "\x7f" => Key::Backspace,
        "\x1b[3~" => Key::Delete,
        "\x1b[5~" => Key::PageUp,
        "\x1b[6~" => Key::PageDown,
        "\x1b[A" | "\x1bOA" => Key::Up,
        "\x1b[B" | "\x1bOB" => Key::Down,
        "\x1b[C" | "\x1bOC" => Key::Right,
        "\x1b[D" | "\x1bOD" => Key::Left,
        "\x1b[H" | "\x1bOH" => Key::Home,
        "\x1b[F" | "\x1bOF" => Key::End,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    const CTRL: Modifiers = Modifiers { ctrl: true, alt: false, shift: false };
    const ALT: Modifiers = Modifiers { ctrl: false, alt: true, shift: false };

    test_everywhere! {
        fn text_and_keys_take_the_modifiers() {
            assert_eq!(apply("c", CTRL, false).as_deref(), Some("\x03"));
            assert_eq!(apply("b", ALT, false).as_deref(), Some("\x1bb"));
            assert_eq!(apply("\x1b[D", CTRL, false).as_deref(), Some("\x1b[1;5D"));
            assert_eq!(apply("\x1bOD", ALT, true).as_deref(), Some("\x1b[1;3D"));
            assert_eq!(apply("\r", ALT, false).as_deref(), Some("\x1b\r"));
            assert_eq!(apply("\x1bx", CTRL, false).as_deref(), Some("\x1b\x18"));
        }

        fn reports_and_bracketed_pastes_do_not() {
            for sent in ["\x1b[I", "\x1b[O", "\x1b[M !!", "\x1b[<0;1;1M", "\x1b[200~text\x1b[201~"] {
                assert_eq!(apply(sent, CTRL, false), None, "{sent:?}");
            }
        }

        fn nothing_held_changes_nothing() {
            assert_eq!(apply("c", Modifiers::NONE, false), None);
            assert_eq!(apply("", CTRL, false), None);
        }
    }
}
