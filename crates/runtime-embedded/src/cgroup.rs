//! A container's cgroups, version 1 and 2: limits, what it uses, and killing all of it. Written
//! through the file system, without systemd.
//!
//! Under each hierarchy a container has `berth/<installation>/<id>` below the server's own cgroup
//! when we are not root (that is what is delegated), else below the root.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use runtime::{Limits, Usage};

/// The period that CPU quotas are counted in, microseconds. The kernel's default.
const PERIOD: u64 = 100_000;
/// Name of the group that holds all of ours.
const PARENT: &str = "berth";
/// Name of the group beside it that holds the server itself, where a group was delegated to it.
const SERVER: &str = "berth-server";

/// What limits a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Controller {
    Cpu,
    /// Version 1 counts CPU time apart from limiting it.
    CpuAccounting,
    Memory,
    Pids,
}

impl Controller {
    const ALL: [Self; 4] = [Self::Cpu, Self::CpuAccounting, Self::Memory, Self::Pids];

    fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::CpuAccounting => "cpuacct",
            Self::Memory => "memory",
            Self::Pids => "pids",
        }
    }
}

/// The hierarchies of this host that we may use.
#[derive(Debug, Clone)]
pub(crate) struct Hierarchies {
    /// Version 1: the directory under which ours go, by controller.
    legacy: BTreeMap<Controller, PathBuf>,
    /// Version 2, if mounted.
    unified: Option<Unified>,
    installation: String,
}

#[derive(Debug, Clone)]
struct Unified {
    /// Where the hierarchy is mounted.
    mount_point: PathBuf,
    /// The group under which ours go, below the mount point.
    base: PathBuf,
    /// Controllers of the base group that we can hand on.
    controllers: Vec<Controller>,
}

impl Hierarchies {
    /// Finds them out, and makes the groups that hold this installation's. What can't be used is
    /// left out; [`Self::missing`] says why.
    pub(crate) fn find(installation: &str, root: bool) -> io::Result<Self> {
        let mounts = fs::read_to_string("/proc/self/mounts")?;
        let own = fs::read_to_string("/proc/self/cgroup")?;
        let mut found = Self { legacy: BTreeMap::new(), unified: None, installation: installation.to_owned() };
        for line in mounts.lines() {
            let mut fields = line.split(' ');
            let (Some(point), Some(kind), Some(options)) = (fields.nth(1), fields.next(), fields.next()) else {
                continue;
            };
            match kind {
                "cgroup" => {
                    for controller in Controller::ALL {
                        if options.split(',').any(|option| option == controller.name()) {
                            let base = if root { PathBuf::new() } else { own_group(&own, controller.name()) };
                            found.legacy.entry(controller).or_insert_with(|| Path::new(point).join(base));
                        }
                    }
                }
                "cgroup2" if found.unified.is_none() => {
                    let base = if root { PathBuf::new() } else { own_group(&own, "") };
                    found.unified = Some(Unified { mount_point: point.into(), base, controllers: Vec::new() });
                }
                _ => {}
            }
        }
        found.legacy.retain(|_, base| make(&base.join(PARENT).join(installation)).is_ok());
        found.unified = found.unified.take().and_then(|unified| unified.ready(installation));
        Ok(found)
    }

    /// Whether `controller` limits containers here, and by which version.
    pub(crate) fn version(&self, controller: Controller) -> Option<u8> {
        if self.legacy.contains_key(&controller) {
            return Some(1);
        }
        self.unified.as_ref().filter(|unified| unified.controllers.contains(&controller)).map(|_| 2)
    }

    /// Whether the version 2 tree tells a container anything.
    pub(crate) fn shows(&self) -> bool {
        self.unified.as_ref().is_some_and(|unified| !unified.controllers.is_empty())
    }

    /// The groups of one container, existing or not.
    pub(crate) fn of(&self, id: &str) -> Group {
        let path = Path::new(PARENT).join(&self.installation).join(id);
        Group {
            legacy: self.legacy.iter().map(|(controller, base)| (*controller, base.join(&path))).collect(),
            unified: self.unified.as_ref().map(|unified| UnifiedGroup {
                mount_point: unified.mount_point.clone(),
                path: unified.base.join(&path),
                controllers: unified.controllers.clone(),
            }),
        }
    }

    /// Ids of all the containers that have a group of this installation's.
    pub(crate) fn existing(&self) -> io::Result<Vec<String>> {
        let path = Path::new(PARENT).join(&self.installation);
        let legacy = self.legacy.values().map(|base| base.join(&path));
        let unified = self.unified.iter().map(|unified| unified.mount_point.join(&unified.base).join(&path));
        let mut ids = Vec::new();
        for directory in legacy.chain(unified) {
            for entry in fs::read_dir(&directory)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    ids.extend(entry.file_name().into_string());
                }
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}

impl Unified {
    /// Makes our groups and hands controllers down to them; nothing if we may not.
    fn ready(mut self, installation: &str) -> Option<Self> {
        let base = self.mount_point.join(&self.base);
        let ours = base.join(PARENT);
        make(&ours.join(installation)).ok()?;
        let offered = fs::read_to_string(base.join("cgroup.controllers")).unwrap_or_default();
        if !self.base.as_os_str().is_empty() {
            // A group that hands controllers down may hold no processes; a delegated one holds us.
            let leaf = base.join(SERVER);
            let moved = make(&leaf).and_then(|()| fs::write(leaf.join("cgroup.procs"), "0"));
            if let Err(error) = moved {
                tracing::debug!(group = %base.display(), %error, "our own cgroup is not ours to divide");
            }
        }
        for controller in Controller::ALL {
            let offered = offered.split_whitespace().any(|name| name == controller.name());
            let handed = offered
                && [base.clone(), ours.clone(), ours.join(installation)].iter().all(|group| {
                    fs::write(group.join("cgroup.subtree_control"), format!("+{}", controller.name())).is_ok()
                });
            if handed {
                self.controllers.push(controller);
            }
        }
        Some(self)
    }
}

/// Our own group, relative to the hierarchy's root, from the lines of `/proc/self/cgroup`.
fn own_group(lines: &str, controller: &str) -> PathBuf {
    lines
        .lines()
        .find_map(|line| {
            let mut fields = line.splitn(3, ':');
            let names = fields.nth(1)?;
            let path = fields.next()?;
            names.split(',').any(|name| name == controller).then(|| PathBuf::from(path.trim_start_matches('/')))
        })
        .unwrap_or_default()
}

fn make(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// One container's groups.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    legacy: BTreeMap<Controller, PathBuf>,
    unified: Option<UnifiedGroup>,
}

#[derive(Debug, Clone)]
struct UnifiedGroup {
    mount_point: PathBuf,
    path: PathBuf,
    controllers: Vec<Controller>,
}

impl Group {
    /// Makes the groups and sets the limits. Repeatable.
    pub(crate) fn create(&self, limits: &Limits) -> io::Result<()> {
        for directory in self.directories() {
            make(&directory)?;
        }
        let quota = u64::from(limits.cpu_millis) * PERIOD / 1000;
        for (controller, directory) in &self.legacy {
            match controller {
                Controller::Cpu => {
                    write(directory, "cpu.cfs_period_us", PERIOD)?;
                    write(directory, "cpu.cfs_quota_us", quota)?;
                }
                Controller::Memory => {
                    write(directory, "memory.limit_in_bytes", limits.memory_bytes)?;
                    // With swap, together; there is no such file where the kernel doesn't count swap.
                    write_if_there(directory, "memory.memsw.limit_in_bytes", limits.memory_bytes)?;
                }
                Controller::Pids => write(directory, "pids.max", limits.pids)?,
                Controller::CpuAccounting => {}
            }
        }
        if let Some(unified) = &self.unified {
            let directory = unified.directory();
            for controller in &unified.controllers {
                match controller {
                    Controller::Cpu => write(&directory, "cpu.max", format!("{quota} {PERIOD}"))?,
                    Controller::Memory => {
                        write(&directory, "memory.max", limits.memory_bytes)?;
                        write_if_there(&directory, "memory.swap.max", 0)?;
                    }
                    Controller::Pids => write(&directory, "pids.max", limits.pids)?,
                    Controller::CpuAccounting => {}
                }
            }
        }
        Ok(())
    }

    /// The version 1 directories that a process of the container has to be put into.
    pub(crate) fn legacy_directories(&self) -> Vec<PathBuf> {
        let mut all: Vec<_> = self.legacy.values().cloned().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn directories(&self) -> Vec<PathBuf> {
        let mut all: Vec<_> = self.legacy.values().cloned().collect();
        all.extend(self.unified.as_ref().map(UnifiedGroup::directory));
        // Controllers mounted together share a directory.
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The version 2 mount point and the group's path below it.
    pub(crate) fn unified(&self) -> Option<(PathBuf, PathBuf)> {
        self.unified.as_ref().map(|unified| (unified.mount_point.clone(), unified.path.clone()))
    }

    /// What the container uses now; zero for what nothing counts here.
    pub(crate) fn usage(&self) -> io::Result<Usage> {
        let mut usage = Usage { cpu_micros: 0, memory_bytes: 0, pids: 0, out_of_memory_kills: 0 };
        for (controller, directory) in &self.legacy {
            match controller {
                Controller::CpuAccounting => usage.cpu_micros = number(directory, "cpuacct.usage")? / 1000,
                Controller::Memory => usage.memory_bytes = number(directory, "memory.usage_in_bytes")?,
                Controller::Pids => usage.pids = to_u32(number(directory, "pids.current")?),
                Controller::Cpu => {}
            }
        }
        if let Some(unified) = &self.unified {
            let directory = unified.directory();
            if !self.legacy.contains_key(&Controller::CpuAccounting) {
                usage.cpu_micros = field(&directory, "cpu.stat", "usage_usec")?.unwrap_or_default();
            }
            for controller in &unified.controllers {
                match controller {
                    Controller::Memory => usage.memory_bytes = number(&directory, "memory.current")?,
                    Controller::Pids => usage.pids = to_u32(number(&directory, "pids.current")?),
                    Controller::Cpu | Controller::CpuAccounting => {}
                }
            }
        }
        usage.out_of_memory_kills = self.out_of_memory_kills()?;
        Ok(usage)
    }

    /// How often the kernel killed one of its processes for want of memory.
    pub(crate) fn out_of_memory_kills(&self) -> io::Result<u64> {
        if let Some(directory) = self.legacy.get(&Controller::Memory) {
            return Ok(field(directory, "memory.oom_control", "oom_kill")?.unwrap_or_default());
        }
        match &self.unified {
            Some(unified) if unified.controllers.contains(&Controller::Memory) => {
                Ok(field(&unified.directory(), "memory.events", "oom_kill")?.unwrap_or_default())
            }
            _ => Ok(0),
        }
    }

    /// Kills every process in it. Does nothing where no version 2 tree is, which has the means.
    pub(crate) fn kill(&self) -> io::Result<()> {
        match &self.unified {
            Some(unified) => write_if_there(&unified.directory(), "cgroup.kill", 1),
            None => Ok(()),
        }
    }

    /// Removes the groups, which have to be empty of processes. Repeatable.
    pub(crate) fn remove(&self) -> io::Result<()> {
        for directory in self.directories() {
            match fs::remove_dir(&directory) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl UnifiedGroup {
    fn directory(&self) -> PathBuf {
        self.mount_point.join(&self.path)
    }
}

fn write(directory: &Path, file: &str, value: impl ToString) -> io::Result<()> {
    let path = directory.join(file);
    fs::write(&path, value.to_string())
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

fn write_if_there(directory: &Path, file: &str, value: impl ToString) -> io::Result<()> {
    match write(directory, file, value) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn number(directory: &Path, file: &str) -> io::Result<u64> {
    let text = fs::read_to_string(directory.join(file))?;
    text.trim().parse().map_err(|_| io::Error::new(io::ErrorKind::InvalidData, format!("{file} is no number")))
}

/// One line's value in a file of `name value` lines.
fn field(directory: &Path, file: &str, name: &str) -> io::Result<Option<u64>> {
    let text = fs::read_to_string(directory.join(file))?;
    Ok(text.lines().find_map(|line| {
        let (key, value) = line.split_once(' ')?;
        (key == name).then(|| value.trim().parse().ok())?
    }))
}

fn to_u32(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_group_is_read_by_controller() {
        let lines = "4:memory:/a/b\n3:cpu,cpuacct:/c\n0::/d/e\n";
        assert_eq!(own_group(lines, "memory"), Path::new("a/b"));
        assert_eq!(own_group(lines, "cpuacct"), Path::new("c"));
        assert_eq!(own_group(lines, ""), Path::new("d/e"));
        assert_eq!(own_group(lines, "pids"), Path::new(""));
    }
}
