//! What sessions are made by: tiers, agents, and what one person may have.

use std::num::NonZeroU32;

use runtime::Limits;

use super::error::ConfigError;
use super::values::{Reader, bytes, number};
use crate::sessions::agents::{AgentEntry, table};
use crate::sessions::rules::{Allowances, Pace, Rules, STANDARD};

/// Below these a container can't start a shell.
const LEAST_CPU_MILLIS: u32 = 10;
const LEAST_MEMORY: u64 = 32 << 20;
const LEAST_PIDS: u32 = 16;
const LEAST_DISK: u64 = 16 << 20;

/// Keys of a tier: its id, then CPU, memory and disk.
const TIERS: [(&str, [&str; 3]); 3] = [
    ("low", ["tiers.low.cpu_millis", "tiers.low.memory", "tiers.low.disk"]),
    (STANDARD, ["limits.cpu_millis", "limits.memory", "limits.disk"]),
    ("high", ["tiers.high.cpu_millis", "tiers.high.memory", "tiers.high.disk"]),
];

/// Defaults of the keys here.
pub(super) const DEFAULTS: [(&str, &str); 14] = [
    // One CPU, and room for a compiler and a language server beside an agent.
    ("limits.cpu_millis", "1000"),
    ("limits.memory", "3GiB"),
    ("limits.disk", "4GB"),
    // Hundreds of threads for a build, none for a fork bomb.
    ("limits.pids", "1024"),
    ("tiers.low.cpu_millis", "250"),
    ("tiers.low.memory", "1GiB"),
    ("tiers.low.disk", "4GB"),
    ("tiers.high.cpu_millis", "2000"),
    ("tiers.high.memory", "6GiB"),
    ("tiers.high.disk", "8GB"),
    ("limits.sessions", "200"),
    ("limits.running", "20"),
    ("limits.creates_a_minute", "10"),
    ("limits.sockets_a_minute", "30"),
];

pub(super) fn read(reader: &Reader<'_>) -> Result<Rules, ConfigError> {
    let pids = reader.one("limits.pids", |text| number(text, LEAST_PIDS))?;
    let mut tiers = Vec::new();
    for (id, [cpu, memory, disk]) in TIERS {
        let limits = Limits {
            cpu_millis: reader.one(cpu, |text| number(text, LEAST_CPU_MILLIS))?,
            memory_bytes: reader.one(memory, |text| bytes(text, LEAST_MEMORY))?,
            pids,
            disk_bytes: reader.one(disk, |text| bytes(text, LEAST_DISK))?,
        };
        tiers.push((id.to_owned(), limits));
    }
    let entries: Vec<AgentEntry> = reader.many("agents", |text| {
        serde_json::from_str(text).map_err(|error| format!("expected an agent as JSON, found `{text}`: {error}"))
    })?;
    let agents = table(&entries).map_err(|problem| reader.refuse("agents", problem))?;
    let a_minute = |key| reader.one(key, |text| NonZeroU32::new(number(text, 1)?).ok_or_else(|| "at least 1".into()));
    let allowances = Allowances {
        sessions: reader.one("limits.sessions", |text| number(text, 1))?,
        running: reader.one("limits.running", |text| number(text, 1))?,
        creates_a_minute: a_minute("limits.creates_a_minute")?,
        sockets_a_minute: a_minute("limits.sockets_a_minute")?,
    };
    Ok(Rules { tiers, agents, allowances, pace: Pace::default() })
}
