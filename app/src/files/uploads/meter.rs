//! How fast bytes go, of late.

use std::collections::VecDeque;

/// What is looked back at, milliseconds: long enough to be calm, short enough to notice.
const WINDOW_MS: i64 = 4_000;
/// Bytes within so many milliseconds are one measurement.
const TICK_MS: i64 = 100;

/// Counts bytes by when they went.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    ticks: VecDeque<(i64, u64)>,
    first_ms: Option<i64>,
}

impl Meter {
    /// So many bytes went.
    pub fn add(&mut self, bytes: u64, now_ms: i64) {
        self.first_ms.get_or_insert(now_ms);
        match self.ticks.back_mut() {
            Some((at, sum)) if now_ms - *at < TICK_MS => *sum += bytes,
            _ => self.ticks.push_back((now_ms, bytes)),
        }
        while self.ticks.front().is_some_and(|(at, _)| now_ms - at > WINDOW_MS) {
            self.ticks.pop_front();
        }
    }

    /// Bytes a second.
    #[must_use]
    pub fn speed(&self, now_ms: i64) -> u64 {
        let Some(first) = self.first_ms else { return 0 };
        let span = (now_ms - first).clamp(TICK_MS, WINDOW_MS);
        let recent = self.ticks.iter().filter(|(at, _)| now_ms - at <= WINDOW_MS);
        recent.map(|(_, bytes)| bytes).sum::<u64>() * 1_000 / u64::try_from(span).unwrap_or(1)
    }
}
