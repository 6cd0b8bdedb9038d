//! The keys above a phone's keyboard: what each is called and does, which modifiers wait for the
//! next key, and how a person rearranges them.

use super::keys::{Key, Modifiers};
use crate::model::preferences::{BarKey, MAX_BAR_KEYS};

/// How long a key is held before it repeats, and how often it then does, milliseconds: as
/// keyboards have it.
pub const REPEAT_AFTER_MS: u32 = 400;
pub const REPEAT_EVERY_MS: u32 = 60;
/// Two taps within this lock a modifier, milliseconds.
pub const DOUBLE_TAP_MS: f64 = 350.0;
/// How long the phone shakes for a key, milliseconds: to be felt and not heard.
pub const SHAKE_MS: u32 = 8;

/// A modifier of the bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modifier {
    Ctrl,
    Alt,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    Press(Key),
    Type(&'static str),
    Hold(Modifier),
    Paste,
    HideKeyboard,
}

#[must_use]
pub fn does(key: BarKey) -> Does {
    match key {
        BarKey::Escape => Does::Press(Key::Escape),
        BarKey::Tab => Does::Press(Key::Tab),
        BarKey::Ctrl => Does::Hold(Modifier::Ctrl),
        BarKey::Alt => Does::Hold(Modifier::Alt),
        BarKey::Left => Does::Press(Key::Left),
        BarKey::Down => Does::Press(Key::Down),
        BarKey::Up => Does::Press(Key::Up),
        BarKey::Right => Does::Press(Key::Right),
        BarKey::Home => Does::Press(Key::Home),
        BarKey::End => Does::Press(Key::End),
        BarKey::PageUp => Does::Press(Key::PageUp),
        BarKey::PageDown => Does::Press(Key::PageDown),
        BarKey::Pipe => Does::Type("|"),
        BarKey::Slash => Does::Type("/"),
        BarKey::Tilde => Does::Type("~"),
        BarKey::Dash => Does::Type("-"),
        BarKey::Underscore => Does::Type("_"),
        BarKey::Paste => Does::Paste,
        BarKey::HideKeyboard => Does::HideKeyboard,
    }
}

/// Whether a key goes on while it is held.
#[must_use]
pub fn repeats(key: BarKey) -> bool {
    matches!(does(key), Does::Press(_) | Does::Type(_)) && key != BarKey::Escape
}

/// What is on the key.
#[must_use]
pub fn label(key: BarKey) -> &'static str {
    match key {
        BarKey::Escape => "Esc",
        BarKey::Tab => "Tab",
        BarKey::Ctrl => "Ctrl",
        BarKey::Alt => "Alt",
        BarKey::Left => "←",
        BarKey::Down => "↓",
        BarKey::Up => "↑",
        BarKey::Right => "→",
        BarKey::Home => "Home",
        BarKey::End => "End",
        BarKey::PageUp => "PgUp",
        BarKey::PageDown => "PgDn",
        BarKey::Pipe => "|",
        BarKey::Slash => "/",
        BarKey::Tilde => "~",
        BarKey::Dash => "-",
        BarKey::Underscore => "_",
        BarKey::Paste => "Paste",
        BarKey::HideKeyboard => "Hide",
    }
}

/// What the key is called.
#[must_use]
pub fn name(key: BarKey) -> &'static str {
    match key {
        BarKey::Escape => "Escape",
        BarKey::Left => "Left",
        BarKey::Down => "Down",
        BarKey::Up => "Up",
        BarKey::Right => "Right",
        BarKey::PageUp => "Page up",
        BarKey::PageDown => "Page down",
        BarKey::Pipe => "Pipe",
        BarKey::Slash => "Slash",
        BarKey::Tilde => "Tilde",
        BarKey::Dash => "Dash",
        BarKey::Underscore => "Underscore",
        BarKey::HideKeyboard => "Hide keyboard",
        key => label(key),
    }
}

/// How long a modifier stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Held {
    #[default]
    No,
    /// For the next key.
    Once,
    /// Until it is tapped again.
    Locked,
}

/// The modifiers of the bar. Each goes `No → Once → Locked → No`, the middle step by a second tap
/// that comes at once; a tap that comes later lets go.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct HeldModifiers {
    pub ctrl: Held,
    pub alt: Held,
    last: Option<(Modifier, f64)>,
}

impl HeldModifiers {
    /// A modifier is tapped, at `now` on a clock of milliseconds.
    pub fn tap(&mut self, modifier: Modifier, now: f64) {
        let again = self.last.is_some_and(|(last, at)| last == modifier && now - at <= DOUBLE_TAP_MS);
        self.last = Some((modifier, now));
        let held = self.of_mut(modifier);
        *held = match *held {
            Held::No => Held::Once,
            Held::Once if again => Held::Locked,
            Held::Once | Held::Locked => Held::No,
        };
    }

    /// A key was pressed under them.
    pub fn used(&mut self) {
        for held in [&mut self.ctrl, &mut self.alt] {
            if *held == Held::Once {
                *held = Held::No;
            }
        }
    }

    #[must_use]
    pub fn of(self, modifier: Modifier) -> Held {
        match modifier {
            Modifier::Ctrl => self.ctrl,
            Modifier::Alt => self.alt,
        }
    }

    #[must_use]
    pub fn modifiers(self) -> Modifiers {
        Modifiers { ctrl: self.ctrl != Held::No, alt: self.alt != Held::No, shift: false }
    }

    fn of_mut(&mut self, modifier: Modifier) -> &mut Held {
        match modifier {
            Modifier::Ctrl => &mut self.ctrl,
            Modifier::Alt => &mut self.alt,
        }
    }
}

/// Moves the key at `from` to `to`, the others closing up.
pub fn move_key(keys: &mut Vec<BarKey>, from: usize, to: usize) {
    if from < keys.len() && to < keys.len() {
        let key = keys.remove(from);
        keys.insert(to, key);
    }
}

/// Puts a key at the end, if it isn't there and there is room.
pub fn add_key(keys: &mut Vec<BarKey>, key: BarKey) {
    if !keys.contains(&key) && keys.len() < MAX_BAR_KEYS {
        keys.push(key);
    }
}

/// Those that are not on the bar.
pub fn absent(keys: &[BarKey]) -> impl Iterator<Item = BarKey> + use<'_> {
    BarKey::ALL.into_iter().filter(|key| !keys.contains(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    test_everywhere! {
        fn a_tap_is_for_one_key_and_two_lock() {
            let mut held = HeldModifiers::default();
            held.tap(Modifier::Ctrl, 1000.0);
            assert_eq!(held.modifiers(), Modifiers { ctrl: true, ..Modifiers::NONE });
            held.used();
            assert_eq!(held.modifiers(), Modifiers::NONE);
            held.tap(Modifier::Ctrl, 5000.0);
            held.tap(Modifier::Ctrl, 5200.0);
            assert_eq!(held.ctrl, Held::Locked);
            held.used();
            assert_eq!(held.ctrl, Held::Locked);
            held.tap(Modifier::Ctrl, 9000.0);
            assert_eq!(held.ctrl, Held::No);
        }

        fn a_second_tap_that_comes_late_lets_go() {
            let mut held = HeldModifiers::default();
            held.tap(Modifier::Alt, 0.0);
            held.tap(Modifier::Alt, DOUBLE_TAP_MS + 1.0);
            assert_eq!(held.alt, Held::No);
        }

        fn two_modifiers_are_held_together_and_do_not_lock_each_other() {
            let mut held = HeldModifiers::default();
            held.tap(Modifier::Ctrl, 0.0);
            held.tap(Modifier::Alt, 100.0);
            assert_eq!((held.ctrl, held.alt), (Held::Once, Held::Once));
        }

        fn every_key_has_a_name_and_only_what_makes_sense_repeats() {
            for key in BarKey::ALL {
                assert!(!name(key).is_empty() && !label(key).is_empty());
            }
            assert!(repeats(BarKey::Left) && repeats(BarKey::Dash));
            assert!(!repeats(BarKey::Ctrl) && !repeats(BarKey::Paste) && !repeats(BarKey::Escape));
        }

        fn keys_are_moved_added_once_and_known_when_absent() {
            let mut keys = vec![BarKey::Tab, BarKey::Ctrl, BarKey::Alt];
            move_key(&mut keys, 2, 0);
            assert_eq!(keys, [BarKey::Alt, BarKey::Tab, BarKey::Ctrl]);
            move_key(&mut keys, 0, 9);
            add_key(&mut keys, BarKey::Tab);
            add_key(&mut keys, BarKey::Pipe);
            assert_eq!(keys, [BarKey::Alt, BarKey::Tab, BarKey::Ctrl, BarKey::Pipe]);
            assert_eq!(absent(&keys).count(), BarKey::ALL.len() - 4);
        }
    }
}
