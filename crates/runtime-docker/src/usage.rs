//! What a container uses, from the engine; and what only the kernel tells, from this host's cgroups.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bollard::models::{ContainerInspectResponse, ContainerStatsResponse};
use bollard::query_parameters::{InspectContainerOptionsBuilder, StatsOptionsBuilder};
use futures::StreamExt as _;
use protocol::ContainerId;
use runtime::{RuntimeError, Usage};

use crate::api::{Api, mended};
use crate::state::Seen;

/// What counting a container's files may take.
const COUNT_LIMIT: Duration = Duration::from_secs(60);
const NANOS_PER_MICRO: u64 = 1000;
const CGROUPS: &str = "/sys/fs/cgroup";

pub(crate) async fn ask(api: &Api, seen: &Seen, is_here: bool) -> Result<Usage, RuntimeError> {
    let docker = api.docker().await?;
    let options = StatsOptionsBuilder::default().stream(false).one_shot(true).build();
    let what = "asking what a container uses";
    let mut stream = Box::pin(docker.stats(seen.id.as_str(), Some(options)));
    let first = async { stream.next().await.transpose() };
    let Some(stats) = api.call_on(&seen.id, what, api.patience.look, first).await? else {
        return Err(RuntimeError::NotRunning(seen.id.clone()));
    };
    let kills = seen.pid.filter(|_| is_here).and_then(out_of_memory_kills).unwrap_or_default();
    Ok(usage(&stats, kills))
}

/// The directory with what a container has changed in its image, where it has one that is on this host.
pub(crate) fn layer(told: &ContainerInspectResponse) -> Option<PathBuf> {
    let directory = PathBuf::from(told.graph_driver.as_ref()?.data.get("UpperDir")?);
    directory.is_dir().then_some(directory)
}

/// Bytes of the same, as the engine counts them.
pub(crate) async fn layer_bytes(api: &Api, id: &ContainerId) -> Result<u64, RuntimeError> {
    let docker = api.docker().await?;
    let options = InspectContainerOptionsBuilder::default().size(true).build();
    let inspected = async { mended(docker.inspect_container(id.as_str(), Some(options)).await) };
    let found = api.call_on(id, "counting a container's files", COUNT_LIMIT, inspected).await?;
    Ok(found.size_rw.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default())
}

fn usage(stats: &ContainerStatsResponse, out_of_memory_kills: u64) -> Usage {
    let cpu = stats.cpu_stats.as_ref().and_then(|cpu| cpu.cpu_usage.as_ref()?.total_usage);
    let pids = stats.pids_stats.as_ref().and_then(|pids| pids.current).unwrap_or_default();
    Usage {
        cpu_micros: cpu.unwrap_or_default() / NANOS_PER_MICRO,
        memory_bytes: stats.memory_stats.as_ref().and_then(|memory| memory.usage).unwrap_or_default(),
        pids: u32::try_from(pids).unwrap_or(u32::MAX),
        out_of_memory_kills,
    }
}

/// What the kernel counts in the cgroup of a process, since the cgroup is there: one run.
fn out_of_memory_kills(pid: i64) -> Option<u64> {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    let text = fs::read_to_string(counter(&groups)?).ok()?;
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

/// The file in which the kernel counts, from `/proc/<pid>/cgroup`.
fn counter(groups: &str) -> Option<PathBuf> {
    let find = |controller: &str| {
        groups.lines().find_map(|line| {
            let (_, rest) = line.split_once(':')?;
            let (controllers, path) = rest.split_once(':')?;
            controllers.split(',').any(|one| one == controller).then(|| path.trim_start_matches('/'))
        })
    };
    let root = Path::new(CGROUPS);
    match (find("memory"), find("")) {
        (Some(path), _) => Some(root.join("memory").join(path).join("memory.oom_control")),
        (None, Some(path)) => Some(root.join(path).join("memory.events")),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_is_found_in_both_versions_of_cgroups() {
        let first = counter("9:memory:/docker/abc\n1:name=systemd:/docker/abc\n0::/\n");
        assert_eq!(first, Some("/sys/fs/cgroup/memory/docker/abc/memory.oom_control".into()));
        let second = counter("0::/system.slice/docker-abc.scope\n");
        assert_eq!(second, Some("/sys/fs/cgroup/system.slice/docker-abc.scope/memory.events".into()));
        assert_eq!(counter(""), None);
    }
}
