//! Sizes, speeds and times, as people read them.

use crate::time;

const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
const DAY: i64 = 24 * 60 * 60;
/// Until then a time is said as an age, after that as a date; days.
const AGES: i64 = 30;

/// So many bytes.
#[must_use]
pub fn size(bytes: u64) -> String {
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1_024.0;
    let mut unit = 0;
    // What would be said as 1024 is one of the next.
    while value >= 1_023.5 && unit + 1 < UNITS.len() {
        value /= 1_024.0;
        unit += 1;
    }
    if value < 9.95 { format!("{value:.1} {}", UNITS[unit]) } else { format!("{value:.0} {}", UNITS[unit]) }
}

/// A number with its noun.
#[must_use]
pub fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(number)) }
}

/// With a space between thousands, for numbers with more than four digits.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    if digits.len() <= 4 {
        return digits;
    }
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// When something was, seen from `now_ms`.
#[must_use]
pub fn when(now_ms: i64, rfc3339: &str) -> String {
    match time::parse(rfc3339) {
        Some((then, _)) if now_ms / 1_000 - then < AGES * DAY => time::ago(now_ms / 1_000 - then),
        Some(_) => rfc3339.get(..10).unwrap_or(rfc3339).to_owned(),
        None => rfc3339.to_owned(),
    }
}

/// What time is left, at `bytes_per_second`.
#[must_use]
pub fn left(bytes: u64, bytes_per_second: u64) -> Option<String> {
    let seconds = bytes.checked_div(bytes_per_second)?;
    Some(match seconds {
        ..60 => format!("{} s left", seconds.max(1)),
        60..3_600 => format!("{} min left", seconds.div_ceil(60)),
        _ => format!("{} h left", seconds.div_ceil(3_600)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    test_everywhere! {
        fn sizes_have_two_digits_that_tell() {
            for (bytes, said) in [
                (0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (10_188, "9.9 KiB"), (10_240, "10 KiB"),
                (1_048_575, "1.0 MiB"), (5 << 20, "5.0 MiB"), (10 << 30, "10 GiB"), (u64::MAX, "16384 PiB"),
            ] {
                assert_eq!(size(bytes), said);
            }
        }

        fn counts_agree_with_their_noun() {
            assert_eq!(count(0, "file", "files"), "0 files");
            assert_eq!(count(1, "file", "files"), "1 file");
            assert_eq!(count(1_234, "file", "files"), "1234 files");
            assert_eq!(count(1_234_567, "file", "files"), "1\u{202f}234\u{202f}567 files");
        }

        fn what_is_long_ago_has_a_date() {
            let now = 1_795_223_429_000;
            assert_eq!(when(now, "2026-11-21T01:10:29Z"), "just now");
            assert_eq!(when(now, "2026-11-20T01:10:29Z"), "1 d ago");
            assert_eq!(when(now, "2026-01-02T03:04:05Z"), "2026-01-02");
            assert_eq!(when(now, "2027-01-02T03:04:05Z"), "just now", "a clock that is ahead");
            assert_eq!(when(now, "never"), "never");
        }

        fn a_speed_of_nothing_leaves_no_time() {
            assert_eq!(left(100, 0), None);
            assert_eq!(left(100, 1_000).as_deref(), Some("1 s left"));
            assert_eq!(left(61, 1).as_deref(), Some("2 min left"));
            assert_eq!(left(7_201, 1).as_deref(), Some("3 h left"));
        }
    }
}
