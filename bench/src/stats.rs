//! Samples of one quantity, and what a report says of them.

use std::time::Duration;

/// Samples of one quantity, in one unit.
#[derive(Debug, Default, Clone)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds one.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Adds one, in milliseconds.
    pub fn push_ms(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1e3);
    }

    /// Adds all of another's.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The value that a share `q` of the samples does not exceed (nearest rank); 0 without samples.
    pub fn quantile(&self, q: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let rank = (q * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
    }

    /// The middle one.
    pub fn p50(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The one that 99 % do not exceed; the greatest when there are fewer than 100.
    pub fn p99(&self) -> f64 {
        self.quantile(0.99)
    }

    /// The greatest.
    pub fn max(&self) -> f64 {
        self.quantile(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_samples_of_the_nearest_rank() {
        let mut samples = Samples::default();
        (1..=200).rev().for_each(|value| samples.push(f64::from(value)));
        assert_eq!((samples.p50(), samples.p99(), samples.max()), (100.0, 198.0, 200.0));
        let mut few = Samples::default();
        few.push(3.0);
        few.push(1.0);
        assert_eq!((few.p50(), few.p99()), (1.0, 3.0));
        assert_eq!(Samples::default().p50(), 0.0);
    }
}
