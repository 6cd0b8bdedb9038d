//! A line of the last minutes, as the paths of an SVG.

use crate::model::usage::MAX_SAMPLES;

/// Between two samples, and as high as the largest value; the box is [`super::BOX`].
const STEP: usize = 2;
const HEIGHT: u64 = 24;
/// What is left free above and below, for the stroke's own width.
const MARGIN: u64 = 2;

/// The line through `values` and the area below it, the newest at the right. The largest value reaches the top, but
/// one that is little of `limit` stays low: a line must not make a mountain of nothing.
pub fn paths(values: &[u64], limit: u64) -> (String, String) {
    use std::fmt::Write as _;

    /// Of the limit, what the top stands for at least.
    const TOP: u64 = 4;
    let top = values.iter().copied().max().unwrap_or(0).max(limit / TOP).max(1);
    let values = &values[values.len().saturating_sub(MAX_SAMPLES)..];
    let first = (MAX_SAMPLES - values.len()) * STEP;
    let mut line = String::new();
    for (place, value) in values.iter().enumerate() {
        let room = u128::from(HEIGHT - 2 * MARGIN);
        let height = u64::try_from(u128::from(*value) * room / u128::from(top)).unwrap_or(0);
        let letter = if place == 0 { 'M' } else { 'L' };
        // Nothing refuses to be written to memory.
        let _ = write!(line, "{letter}{} {}", first + place * STEP, HEIGHT - MARGIN - height);
    }
    if values.is_empty() {
        return (line, String::new());
    }
    let area = format!("{line}V{HEIGHT}H{first}Z");
    (line, area)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    test_everywhere! {
        fn the_newest_value_is_at_the_right_and_the_largest_at_the_top() {
            let (line, area) = paths(&[0, 50, 100], 100);
            assert_eq!(line, "M114 22L116 12L118 2");
            assert_eq!(area, "M114 22L116 12L118 2V24H114Z");
        }

        fn a_little_of_much_stays_low() {
            assert_eq!(paths(&[1, 2], 1000).0, "M116 22L118 22");
            assert_eq!(paths(&[250], 1000).0, "M118 2");
        }

        fn nothing_draws_nothing_and_more_than_fits_is_cut_at_the_left() {
            assert_eq!(paths(&[], 10), (String::new(), String::new()));
            let (line, _) = paths(&[7; MAX_SAMPLES + 3], 0);
            assert!(line.starts_with("M0 2L2 2") && line.ends_with("L118 2"), "{line}");
        }

        fn the_largest_numbers_there_are_do_not_overflow() {
            assert_eq!(paths(&[u64::MAX], u64::MAX).0, "M118 2");
        }
    }
}
