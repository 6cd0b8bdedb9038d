//! What running sessions use and do at this moment. Told as it changes, and never stored.

use std::collections::VecDeque;

use protocol::SessionId;
use serde::{Deserialize, Serialize};

/// How often running sessions are looked at, seconds.
pub const SAMPLE_SECONDS: u64 = 5;
/// How many samples are kept: five minutes.
pub const MAX_SAMPLES: usize = 60;

/// What one session uses now. Times are RFC 3339, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SessionUsage {
    #[cfg_attr(feature = "ssr", schema(value_type = String, pattern = "^[a-z0-9]{12}$"))]
    pub id: SessionId,
    #[serde(flatten)]
    pub now: Sample,
    /// What its tier allows it.
    pub cpu_limit_millis: u32,
    pub memory_limit_bytes: u64,
    pub disk_limit_bytes: u64,
    pub activity: Activity,
    /// Open terminals, and how many browsers look at one.
    pub terminals: u8,
    pub clients: u32,
    /// When it will be put to sleep if nothing happens; absent when it will not.
    pub sleeps_at: Option<String>,
}

/// One look at a container.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Sample {
    /// Thousandths of a CPU, on average since the sample before.
    pub cpu_millis: u32,
    pub memory_bytes: u64,
    /// Bytes of its own files and its workspace; absent where nobody counts them.
    pub disk_bytes: Option<u64>,
}

/// Samples of one session, the oldest first: a list for each number, which is a third of what a list of samples takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Samples {
    pub cpu_millis: Vec<u32>,
    pub memory_bytes: Vec<u64>,
    /// Of the newest only, when they began to be counted later; empty where nobody counts them.
    pub disk_bytes: Vec<u64>,
}

impl FromIterator<Sample> for Samples {
    fn from_iter<T: IntoIterator<Item = Sample>>(samples: T) -> Self {
        let mut all = Self::default();
        for Sample { cpu_millis, memory_bytes, disk_bytes } in samples {
            all.cpu_millis.push(cpu_millis);
            all.memory_bytes.push(memory_bytes);
            all.disk_bytes.extend(disk_bytes);
        }
        all
    }
}

impl Samples {
    /// One by one. Bytes on disk that began to be counted in the midst are those of the newest.
    pub fn each(&self) -> impl Iterator<Item = Sample> {
        let uncounted = self.cpu_millis.len().saturating_sub(self.disk_bytes.len());
        let disk = std::iter::repeat_n(None, uncounted).chain(self.disk_bytes.iter().copied().map(Some));
        let used = self.cpu_millis.iter().zip(&self.memory_bytes).zip(disk);
        used.map(|((&cpu_millis, &memory_bytes), disk_bytes)| Sample { cpu_millis, memory_bytes, disk_bytes })
    }
}

/// What the agent, or another program, does; of several terminals' the most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Only shells wait for somebody to type.
    #[default]
    Shell,
    /// A program runs, and waits for somebody or something.
    Waiting,
    /// A program works.
    Working,
    /// A program asks for the person.
    NeedsYou,
}

impl Activity {
    /// As it is shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Shell => "idle",
            Self::Waiting => "waiting",
            Self::NeedsYou => "needs you",
            Self::Working => "working",
        }
    }
}

/// The runtime has failed several times in a row, and is let be for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RuntimeTrouble {
    /// The runtime's name.
    pub runtime: String,
    /// What it said last.
    pub detail: String,
    /// Since when nothing is asked of it.
    pub since: String,
    /// When it is tried again.
    pub retry_at: String,
}

/// Takes a sample in, and forgets the oldest beyond [`MAX_SAMPLES`].
pub fn keep(samples: &mut VecDeque<Sample>, new: Sample) {
    samples.push_back(new);
    while samples.len() > MAX_SAMPLES {
        samples.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_the_same_in_columns() {
        let sample =
            |number: u32, disk_bytes| Sample { cpu_millis: number, memory_bytes: u64::from(number) << 30, disk_bytes };
        let all = [sample(1, None), sample(2, None), sample(3, Some(7))];
        let columns: Samples = all.into_iter().collect();
        assert_eq!(columns.disk_bytes, [7]);
        assert_eq!(columns.each().collect::<Vec<_>>(), all);
        assert_eq!(Samples::default().each().count(), 0);
    }
}
