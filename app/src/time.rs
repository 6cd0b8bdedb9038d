//! Times as people read them. The server and the page must say the same, or hydration would differ.

use leptos::prelude::*;

const SECOND_MS: i64 = 1_000;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Milliseconds since 1970, by the clock of whoever runs this.
pub fn now_ms() -> i64 {
    #[cfg(target_arch = "wasm32")]
    {
        js_sys::Date::now() as i64
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.ok().and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(0)
    }
}

/// The present, by the server's clock: what the server rendered with, then moved on by the page.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    present: RwSignal<i64>,
    /// How far the server's clock is ahead of the page's, milliseconds.
    ahead: StoredValue<i64>,
}

/// How often the page's clock moves on, milliseconds; nothing it shows changes faster.
const TICK: std::time::Duration = std::time::Duration::from_secs(5);

impl Clock {
    /// A clock that starts where the server's stood, for hydration, and ticks in the browser.
    pub fn start() -> Self {
        let rendered = SharedValue::new(now_ms).into_inner();
        let present = RwSignal::new(rendered);
        let this = Self { present, ahead: StoredValue::new(0) };
        Effect::new(move |_| {
            let ahead = rendered - now_ms();
            this.ahead.set_value(ahead);
            if let Ok(interval) = set_interval_with_handle(move || present.set(now_ms() + ahead), TICK) {
                on_cleanup(move || interval.clear());
            }
        });
        this
    }

    #[cfg(feature = "hydrate")]
    /// A clock of the page's own, for what no server rendered.
    pub fn here() -> Self {
        let present = RwSignal::new(now_ms());
        if let Ok(interval) = set_interval_with_handle(move || present.set(now_ms()), TICK) {
            on_cleanup(move || interval.clear());
        }
        Self { present, ahead: StoredValue::new(0) }
    }

    #[cfg(feature = "hydrate")]
    /// Milliseconds since 1970.
    pub fn now(self) -> i64 {
        self.present.get()
    }

    /// Seconds since 1970, as of the last tick.
    pub fn seconds(self) -> i64 {
        self.present.get() / SECOND_MS
    }

    #[cfg(feature = "hydrate")]
    /// Seconds since 1970, to the second; it doesn't tick.
    pub fn exact(self) -> i64 {
        (now_ms() + self.ahead.try_get_value().unwrap_or(0)) / SECOND_MS
    }

    /// In which time `rfc3339` is, as people say it.
    pub fn until(self, rfc3339: &str) -> String {
        match parse(rfc3339) {
            Some((then, _)) if then > self.seconds() => match then - self.seconds() {
                seconds @ ..MINUTE => format!("in {} s", (seconds + 9) / 10 * 10),
                seconds => format!("in {}", left(seconds)),
            },
            Some(_) => "now".to_owned(),
            None => rfc3339.to_owned(),
        }
    }

    /// How long ago `rfc3339` was, as people say it.
    pub fn ago(self, rfc3339: &str) -> String {
        match parse(rfc3339) {
            Some((then, _)) => ago(self.seconds() - then),
            None => rfc3339.to_owned(),
        }
    }
}

/// `seconds` ago, as people say it.
pub fn ago(seconds: i64) -> String {
    let plural = |count: i64, unit: &str| format!("{count} {unit} ago");
    match seconds {
        ..10 => "just now".to_owned(),
        10..MINUTE => plural(seconds / 10 * 10, "s"),
        MINUTE..HOUR => plural(seconds / MINUTE, "min"),
        HOUR..DAY => plural(seconds / HOUR, "h"),
        _ => plural(seconds / DAY, "d"),
    }
}

/// So many seconds that are left, as people say it.
pub fn left(seconds: i64) -> String {
    match seconds {
        ..MINUTE => "less than a minute".to_owned(),
        MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        _ if seconds % HOUR < MINUTE => format!("{} h", seconds / HOUR),
        _ => format!("{} h {} min", seconds / HOUR, seconds % HOUR / MINUTE),
    }
}

#[cfg(any(feature = "hydrate", test))]
/// Minutes and seconds, as a clock that runs down has them.
pub fn countdown(seconds: i64) -> String {
    format!("{}:{:02}", seconds / MINUTE, seconds % MINUTE)
}

/// Seconds since 1970 and nanoseconds after them, of an RFC 3339 time in UTC.
pub fn parse(text: &str) -> Option<(i64, u32)> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let rest = text.get(19..)?;
    let fraction = rest.strip_suffix('Z').or_else(|| rest.strip_suffix("+00:00"))?;
    let nanos = match fraction.strip_prefix('.') {
        Some(digits) => format!("{digits:0<9}").get(..9)?.parse().ok()?,
        None if fraction.is_empty() => 0,
        None => return None,
    };
    // Days from the civil calendar, with years that begin in March so that leap days come last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    Some((days * DAY + hour * HOUR + minute * MINUTE + second, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    test_everywhere! {
        fn times_are_read_as_the_server_writes_them() {
            assert_eq!(parse("1970-01-01T00:00:00Z"), Some((0, 0)));
            assert_eq!(parse("2000-02-29T12:30:15Z"), Some((951_827_415, 0)));
            assert_eq!(parse("2026-11-21T01:10:29.12Z"), Some((1_795_223_429, 120_000_000)));
            assert_eq!(parse("2026-11-21T01:10:29+00:00"), Some((1_795_223_429, 0)));
        }

        fn what_is_no_time_in_utc_is_not_read() {
            for wrong in ["", "yesterday", "2026-11-21T01:10:29+02:00", "2026-11-21", "日本語日本語日本語"] {
                assert_eq!(parse(wrong), None, "{wrong}");
            }
        }

        fn what_is_left_is_said_in_minutes_and_runs_down_by_seconds() {
            for (seconds, said) in [
                (-3, "less than a minute"),
                (59, "less than a minute"),
                (60, "1 min"),
                (779, "12 min"),
                (3_600, "1 h"),
                (3_659, "1 h"),
                (5_400, "1 h 30 min"),
            ] {
                assert_eq!(left(seconds), said);
            }
            assert_eq!((countdown(250), countdown(9), countdown(0)), ("4:10".into(), "0:09".into(), "0:00".into()));
        }

        fn ages_are_said_in_their_largest_unit() {
            for (seconds, said) in [
                (-5, "just now"),
                (0, "just now"),
                (9, "just now"),
                (59, "50 s ago"),
                (60, "1 min ago"),
                (3_599, "59 min ago"),
                (3_600, "1 h ago"),
                (86_399, "23 h ago"),
                (86_400, "1 d ago"),
            ] {
                assert_eq!(ago(seconds), said);
            }
        }
    }
}
