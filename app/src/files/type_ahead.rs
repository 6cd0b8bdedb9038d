//! A name found by its first letters, as they are typed on a list.

/// Letters that come slower than this begin anew, milliseconds.
const PAUSE_MS: i64 = 800;

/// What was typed of late.
#[derive(Debug, Clone, Default)]
pub struct TypeAhead {
    typed: String,
    last_ms: i64,
}

impl TypeAhead {
    /// A letter was typed; gives what is looked for, and whether the row of the keyboard itself may be it. One
    /// letter, again and again, goes from name to name.
    pub fn press(&mut self, letter: &str, now_ms: i64) -> (String, bool) {
        if now_ms - self.last_ms > PAUSE_MS {
            self.typed.clear();
        }
        self.last_ms = now_ms;
        let letter = letter.to_lowercase();
        if self.typed == letter {
            return (letter, false);
        }
        self.typed.push_str(&letter);
        (self.typed.clone(), self.typed != letter)
    }

    /// Whether something is being typed, so that a space belongs to it.
    #[must_use]
    pub fn is_typing(&self, now_ms: i64) -> bool {
        !self.typed.is_empty() && now_ms - self.last_ms <= PAUSE_MS
    }
}

/// The next row of `rows` whose name begins so, after `from`, or at it; from the top again at the end.
pub fn find<'a>(rows: impl Iterator<Item = (u32, &'a str)>, typed: &str, from: u32, may_stay: bool) -> Option<u32> {
    let mut before = None;
    for (row, name) in rows {
        if !name.to_lowercase().starts_with(typed) {
            continue;
        }
        if row > from || (may_stay && row == from) {
            return Some(row);
        }
        before = before.or(Some(row));
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    const NAMES: [(u32, &str); 5] = [(0, "Apps"), (1, "bin"), (2, "Build"), (3, "bus"), (4, "ärger")];

    fn found(typed: &str, from: u32, may_stay: bool) -> Option<u32> {
        find(NAMES.into_iter(), typed, from, may_stay)
    }

    test_everywhere! {
        fn letters_narrow_it_down_whatever_their_case() {
            let mut keys = TypeAhead::default();
            assert_eq!(keys.press("B", 1_000), ("b".into(), false));
            assert_eq!(found("b", 0, false), Some(1));
            assert_eq!(keys.press("u", 1_100), ("bu".into(), true));
            assert_eq!(found("bu", 1, true), Some(2));
            assert_eq!(found("Ä".to_lowercase().as_str(), 0, false), Some(4));
            assert_eq!(found("zz", 0, true), None);
        }

        fn one_letter_again_goes_round() {
            let mut keys = TypeAhead::default();
            keys.press("b", 0);
            assert_eq!(keys.press("b", 100), ("b".into(), false));
            assert_eq!(found("b", 1, false), Some(2));
            assert_eq!(found("b", 3, false), Some(1));
        }

        fn after_a_pause_it_begins_anew() {
            let mut keys = TypeAhead::default();
            keys.press("b", 0);
            assert!(keys.is_typing(500) && !keys.is_typing(2_000));
            assert_eq!(keys.press("a", 2_000), ("a".into(), false));
        }
    }
}
