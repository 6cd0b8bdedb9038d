//! The machine that was measured on, and what the kernel says of its processes.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;
use std::{fmt, fs};

use anyhow::{Context as _, Result, bail};
use nix::unistd::{SysconfVar, sysconf};
use serde::Serialize;

/// Where and when a run took place.
#[derive(Debug, Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub memory_gib: f64,
    pub kernel: String,
    pub system: String,
}

impl Machine {
    /// This one.
    pub fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, key: &str, separator: char| {
            text.lines()
                .find_map(|line| {
                    line.strip_prefix(key)?.split_once(separator).map(|(_, value)| value.trim().to_owned())
                })
                .unwrap_or_else(|| "unknown".into())
        };
        let kib: f64 =
            field(&read("/proc/meminfo"), "MemTotal", ':').trim_end_matches(" kB").parse().unwrap_or_default();
        Self {
            processor: field(&read("/proc/cpuinfo"), "model name", ':'),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: (kib / 1024.0 / 1024.0 * 10.0).round() / 10.0,
            kernel: read("/proc/sys/kernel/osrelease").trim().into(),
            system: field(&read("/etc/os-release"), "PRETTY_NAME", '=').trim_matches('"').into(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, memory_gib, kernel, system } = self;
        write!(f, "{cores} × {processor}, {memory_gib} GiB, Linux {kernel}, {system}")
    }
}

/// The share of all processors' time that anything used while this thread slept for `time`. Before a
/// benchmark begins, that is what others do: figures of a busy machine are not those of a quiet one,
/// in either direction, because an idle processor takes long to wake.
pub fn busy_share(time: Duration) -> Result<f64> {
    let read = || -> Result<[f64; 2]> {
        let stat = fs::read_to_string("/proc/stat")?;
        let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
        let ticks: Vec<f64> = fields.filter_map(|field| field.parse().ok()).collect();
        // user nice system idle iowait irq softirq steal; guest time is in user's already.
        let idle = ticks.iter().skip(3).take(2).sum();
        Ok([ticks.iter().take(8).sum(), idle])
    };
    let [all_before, idle_before] = read()?;
    std::thread::sleep(time);
    let [all, idle] = read()?;
    Ok(if all > all_before { 1.0 - (idle - idle_before) / (all - all_before) } else { 0.0 })
}

/// CPU time that a process and its threads, ended ones too, have used, seconds.
pub fn cpu_seconds(pid: i32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("process {pid} is gone"))?;
    // The name, in parentheses, may hold spaces; utime and stime are fields 14 and 15.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    let per_second = sysconf(SysconfVar::CLK_TCK)?.unwrap_or(100);
    #[allow(clippy::cast_precision_loss)]
    Ok(ticks as f64 / per_second as f64)
}

/// Resident memory of a process, KiB. From `smaps_rollup`, which is exact, where it may be read.
pub fn resident_kib(pid: i32) -> Result<f64> {
    for (file, key) in [("smaps_rollup", "Rss:"), ("status", "VmRSS:")] {
        let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(key));
        if let Some(kib) = line.and_then(|value| value.trim().trim_end_matches(" kB").parse().ok()) {
            return Ok(kib);
        }
    }
    bail!("process {pid} is gone")
}

/// What a process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holdings {
    pub descriptors: usize,
    pub threads: usize,
    /// Itself and all that descend from it.
    pub processes: usize,
}

/// What a process holds now.
pub fn holdings(pid: i32) -> Result<Holdings> {
    let count = |folder: &str| {
        fs::read_dir(format!("/proc/{pid}/{folder}"))
            .map(Iterator::count)
            .with_context(|| format!("process {pid} is gone"))
    };
    Ok(Holdings { descriptors: count("fd")?, threads: count("task")?, processes: family(pid).len() })
}

/// What a server holds of the machine, over all its sessions.
#[derive(Debug, Clone, Copy)]
pub struct Traces {
    held: Holdings,
    mounts: usize,
    control_groups: usize,
    networks: usize,
}

impl Traces {
    /// What there is more of in `after`, with its name.
    pub fn left_in(&self, after: &Self) -> Vec<(&'static str, u32)> {
        let pairs = [
            ("descriptors", self.held.descriptors, after.held.descriptors),
            ("threads", self.held.threads, after.held.threads),
            ("processes", self.held.processes, after.held.processes),
            ("mounts", self.mounts, after.mounts),
            ("control groups", self.control_groups, after.control_groups),
            ("networks", self.networks, after.networks),
        ];
        let left = |before: usize, after: usize| u32::try_from(after.saturating_sub(before)).unwrap_or(u32::MAX);
        pairs.into_iter().map(|(what, before, after)| (what, left(before, after))).collect()
    }
}

/// What a server holds of the machine now; of control groups those that have `group` in their path.
pub fn traces(server: i32, group: &str) -> Result<Traces> {
    let mounts = fs::read_to_string(format!("/proc/{server}/mountinfo"))?.lines().count();
    // A device of each network that this namespace sees.
    let networks = fs::read_to_string("/proc/thread-self/net/dev")?.lines().count();
    Ok(Traces {
        held: holdings(server)?,
        mounts,
        control_groups: groups_in(Path::new("/sys/fs/cgroup"), group),
        networks,
    })
}

fn groups_in(folder: &Path, name: &str) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path());
    folders.map(|path| usize::from(path.to_string_lossy().contains(name)) + groups_in(&path, name)).sum()
}

/// A process and all that descend from it.
fn family(pid: i32) -> Vec<i32> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for process in processes() {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        if let Some(parent) = parent {
            children.entry(parent).or_default().push(process);
        }
    }
    let mut members = vec![pid];
    let mut next = 0;
    while let Some(member) = members.get(next) {
        members.extend(children.remove(member).unwrap_or_default());
        next += 1;
    }
    members
}

/// The guest of a session: the process of that name whose mounts or control group name the session.
pub fn guest_of(session: &str) -> Result<i32> {
    processes()
        .into_iter()
        .filter(|pid| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "berth-guest"))
        .find(|pid| {
            ["cgroup", "mountinfo", "environ", "cmdline"].iter().any(|file| {
                fs::read(format!("/proc/{pid}/{file}"))
                    .is_ok_and(|bytes| bytes.windows(session.len()).any(|window| window == session.as_bytes()))
            })
        })
        .with_context(|| format!("no process berth-guest belongs to session {session}"))
}

fn processes() -> Vec<i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn this_process_uses_memory_and_holds_descriptors() {
        let me = i32::try_from(std::process::id()).unwrap();
        assert!(resident_kib(me).unwrap() > 100.0);
        assert!(cpu_seconds(me).unwrap() < 60.0);
        let held = holdings(me).unwrap();
        assert!(held.descriptors >= 3 && held.threads >= 1 && held.processes >= 1, "{held:?}");
        assert!(resident_kib(i32::MAX).is_err());
        assert!(guest_of("there is no such session").is_err());
        let busy = busy_share(Duration::from_millis(100)).unwrap();
        assert!((0.0..=1.0).contains(&busy), "{busy}");
    }
}
