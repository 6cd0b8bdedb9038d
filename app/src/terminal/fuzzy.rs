//! Finding what is meant by a few of its letters.

/// What a letter is worth at the start of a word, right behind the one before it, and anywhere else.
const WORD: i32 = 8;
const RUN: i32 = 6;
const ANYWHERE: i32 = 1;

/// How well `query` fits `text`; none when its letters aren't there in this order. Spaces and case
/// don't count, and of two that fit alike the shorter is the better.
#[must_use]
pub fn score(query: &str, text: &str) -> Option<i32> {
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let wanted: Vec<char> =
        query.chars().flat_map(char::to_lowercase).filter(|letter| !letter.is_whitespace()).collect();
    // The best score with the letters so far, by the place of the last one.
    let mut best: Vec<Option<i32>> = vec![None; text.len()];
    for (nth, letter) in wanted.iter().enumerate() {
        let mut next = vec![None; text.len()];
        // The best of all that end before the place at hand.
        let mut before: Option<i32> = None;
        for (place, found) in text.iter().enumerate() {
            let adjacent = place.checked_sub(1).and_then(|place| best.get(place).copied().flatten());
            before = before.max(adjacent);
            if found != letter {
                continue;
            }
            let starts =
                place.checked_sub(1).and_then(|place| text.get(place)).is_none_or(|left| !left.is_alphanumeric());
            let alone = if starts { WORD } else { ANYWHERE };
            let score = if nth == 0 {
                Some(alone)
            } else {
                before.map(|before| before + alone).max(adjacent.map(|adjacent| adjacent + RUN.max(alone)))
            };
            if let Some(slot) = next.get_mut(place) {
                *slot = score;
            }
        }
        best = next;
    }
    if wanted.is_empty() {
        return Some(0);
    }
    let length = i32::try_from(text.len()).unwrap_or(i32::MAX);
    best.into_iter().flatten().max().map(|score| score.saturating_mul(64).saturating_sub(length.min(63)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    /// The best of some for a query.
    fn best<'a>(query: &str, among: &[&'a str]) -> Option<&'a str> {
        among
            .iter()
            .filter_map(|text| Some((score(query, text)?, *text)))
            .max_by_key(|(score, _)| *score)
            .map(|(_, text)| text)
    }

    const SOME: [&str; 6] =
        ["New terminal", "Next terminal", "Close terminal", "Clear the terminal", "Copy", "Select all"];

    test_everywhere! {
        fn letters_must_be_there_and_in_order() {
            assert!(score("nwt", "New terminal").is_some());
            assert_eq!(score("wn", "New"), None);
            assert_eq!(score("x", "New terminal"), None);
            assert_eq!(score("newnew", "New"), None);
        }

        fn starts_of_words_and_runs_count_more() {
            assert_eq!(best("nt", &SOME), Some("New terminal"));
            assert_eq!(best("next", &SOME), Some("Next terminal"));
            assert_eq!(best("cl", &SOME), Some("Close terminal"));
            assert_eq!(best("clear", &SOME), Some("Clear the terminal"));
            assert_eq!(best("ct", &SOME), Some("Close terminal"));
            assert_eq!(best("all", &SOME), Some("Select all"));
        }

        fn nothing_fits_all_and_case_and_spaces_do_not_count() {
            assert_eq!(score("", "Copy"), Some(0));
            assert_eq!(score("  ", "Copy"), Some(0));
            assert_eq!(score("SELECT ALL", "Select all"), score("selectall", "Select all"));
            assert!(score("ü", "Über").is_some());
        }

        fn long_texts_do_no_harm() {
            assert!(score(&"a".repeat(500), &"a".repeat(2_000)).is_some());
            assert_eq!(score("a", ""), None);
        }
    }
}
