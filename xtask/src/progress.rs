//! Telling how far a long command is: one line when a step begins, one when it ends.

use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The steps of one command.
pub struct Progress {
    begun: Instant,
    step: usize,
    steps: usize,
}

impl Progress {
    pub fn new(steps: usize) -> Self {
        Self { begun: Instant::now(), step: 0, steps }
    }

    /// Announces a step, runs it, and says how it went. What `work` returns is said as its result.
    pub fn step<T: Display>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let begun = self.announce(name);
        let done = work().with_context(|| format!("{name} failed"))?;
        eprintln!("      {done} ({})", seconds(begun.elapsed()));
        Ok(done)
    }

    /// Announces a step and returns when it began.
    pub fn announce(&mut self, name: &str) -> Instant {
        self.step += 1;
        eprintln!("[{}/{}] {name} ({} so far)", self.step, self.steps, seconds(self.begun.elapsed()));
        Instant::now()
    }

    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

/// A duration as people read it.
pub fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_readable() {
        assert_eq!(seconds(Duration::from_millis(340)), "0.3 s");
        assert_eq!(seconds(Duration::from_secs(42)), "42 s");
        assert_eq!(seconds(Duration::from_secs(247)), "4 min 07 s");
    }
}
