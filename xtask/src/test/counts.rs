//! How many passed and failed, and how the programs that run tests say so.

use std::fmt;
use std::ops::AddAssign;

use anyhow::{Context, Result};
use serde::Deserialize;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u32,
    pub failed: u32,
    pub skipped: u32,
}

impl Counts {
    /// One thing that passed.
    pub const fn success() -> Self {
        Self { passed: 1, failed: 0, skipped: 0 }
    }

    /// One thing that failed.
    pub const fn failure() -> Self {
        Self { passed: 0, failed: 1, skipped: 0 }
    }

    /// The line that ends a whole run.
    pub fn totals(self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }

    /// A program that failed though no test of it did, or that ran no test at all, has failed once.
    pub fn checked(mut self, success: bool) -> Self {
        if !success && self.failed == 0 {
            self.failed = 1;
        }
        self
    }

    /// From nextest's `Summary [ 0.5s] 12 tests run: 11 passed (1 slow, 1 flaky), 1 failed, 2 skipped`. A few tests may
    /// pass the second time only; its output names them.
    pub fn of_nextest(text: &str) -> Option<Self> {
        let summary = text.lines().rfind(|line| line.trim_start().starts_with("Summary ["))?;
        let (_, counts) = summary.split_once("run: ")?;
        let mut sum = Self::default();
        // What is in brackets repeats a part of what is before it.
        for part in without_brackets(counts).split(',') {
            let (number, word) = part.trim().split_once(' ')?;
            let number: u32 = number.parse().ok()?;
            match word.trim() {
                "passed" => sum.passed += number,
                "skipped" => sum.skipped += number,
                // Failed, timed out, exec failed, and whatever else it may be.
                _ => sum.failed += number,
            }
        }
        let flaky = in_brackets(counts).filter_map(|part| part.strip_suffix("flaky")?.trim().parse::<u32>().ok()).sum();
        Some(sum.with_flaky(flaky))
    }

    /// From libtest's and wasm-bindgen's `test result: ok. 5 passed; 0 failed; 1 ignored; …`, one for each binary.
    pub fn of_libtest(text: &str) -> Self {
        let mut sum = Self::default();
        for line in text.lines().filter_map(|line| line.trim_start().strip_prefix("test result: ")) {
            for part in line.split([';', '.']) {
                let Some((number, word)) = part.trim().split_once(' ') else { continue };
                let Ok(number) = number.parse::<u32>() else { continue };
                match word {
                    "passed" => sum.passed += number,
                    "failed" => sum.failed += number,
                    "ignored" => sum.skipped += number,
                    _ => {}
                }
            }
        }
        sum
    }

    /// From Playwright's JSON report. A few tests may pass the second time only; its output names them.
    pub fn of_playwright(report: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Report {
            stats: Stats,
        }
        #[derive(Deserialize)]
        struct Stats {
            expected: u32,
            unexpected: u32,
            flaky: u32,
            skipped: u32,
        }
        let Report { stats } = serde_json::from_str(report).context("can't read Playwright's report")?;
        let Stats { expected, unexpected, flaky, skipped } = stats;
        Ok(Self { passed: expected + flaky, failed: unexpected, skipped }.with_flaky(flaky))
    }

    /// With `flaky` of those that passed taken for failures if they are too many.
    fn with_flaky(self, flaky: u32) -> Self {
        match flaky <= MOST_FLAKY {
            true => self,
            false => Self { passed: self.passed.saturating_sub(flaky), failed: self.failed + flaky, ..self },
        }
    }
}

/// Tests of one program that may fail once and pass at once afterwards. One in some hundreds does on two cores that
/// others use too, and landings were refused for it; more than these are no accident.
const MOST_FLAKY: u32 = 2;

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.totals())?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// What commas part within brackets.
fn in_brackets(text: &str) -> impl Iterator<Item = &str> {
    let within = text.split('(').skip(1).filter_map(|rest| rest.split(')').next());
    within.flat_map(|within| within.split(',')).map(str::trim)
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    text.chars()
        .filter(|c| {
            match c {
                '(' => depth += 1,
                ')' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn counts(passed: u32, failed: u32, skipped: u32) -> Counts {
        Counts { passed, failed, skipped }
    }

    #[test]
    fn nextest_says_how_many() {
        for (text, expected) in [
            ("     Summary [   0.012s] 3 tests run: 3 passed, 0 skipped\n", counts(3, 0, 0)),
            (
                "Summary [ 70.1s] 12 tests run: 9 passed (1 slow, 2 leaky), 2 failed, 1 timed out, 4 skipped",
                counts(9, 3, 4),
            ),
            ("Summary [ 9s] 940 tests run: 940 passed (3 slow, 2 flaky), 1 skipped", counts(940, 0, 1)),
            ("Summary [ 9s] 940 tests run: 939 passed (3 flaky), 1 failed, 0 skipped", counts(936, 4, 0)),
            ("Summary [ 0.1s] 1 test run: 0 passed, 1 exec failed, 0 skipped", counts(0, 1, 0)),
            ("a\n Summary [ 1s] 5/9 tests run: 4 passed, 1 failed, 0 skipped\nerror: test run failed", counts(4, 1, 0)),
        ] {
            assert_eq!(Counts::of_nextest(text), Some(expected), "{text}");
        }
        assert_eq!(Counts::of_nextest("error: could not compile"), None);
    }

    #[test]
    fn libtest_is_summed_over_its_binaries() {
        let text = "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.2s\n\
                    test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 filtered out\n";
        assert_eq!(Counts::of_libtest(text), counts(7, 3, 1));
    }

    #[test]
    fn playwright_says_how_many_in_its_report() {
        let report = |flaky| {
            format!(r#"{{"stats":{{"startTime":"x","expected":7,"unexpected":1,"flaky":{flaky},"skipped":3}}}}"#)
        };
        assert_eq!(Counts::of_playwright(&report(0)).unwrap(), counts(7, 1, 3));
        assert_eq!(Counts::of_playwright(&report(MOST_FLAKY)).unwrap(), counts(7 + MOST_FLAKY, 1, 3));
        assert_eq!(Counts::of_playwright(&report(3)).unwrap(), counts(7, 4, 3));
        assert!(Counts::of_playwright("{}").is_err());
    }

    #[test]
    fn a_failed_run_never_counts_as_none_failed() {
        assert_eq!(counts(3, 0, 0).checked(false), counts(3, 1, 0));
        assert_eq!(counts(3, 2, 0).checked(false), counts(3, 2, 0));
        assert_eq!(counts(3, 0, 0).checked(true), counts(3, 0, 0));
    }
}
