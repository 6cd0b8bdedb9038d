//! The OCI runtime specification of a container, from what the driver asked for.

use std::path::{Path, PathBuf};

use libcontainer::oci_spec::OciSpecError;
use libcontainer::oci_spec::runtime::{
    Capabilities, Capability, Linux, LinuxBuilder, LinuxCapabilitiesBuilder, LinuxIdMapping, LinuxIdMappingBuilder,
    LinuxNamespaceBuilder, LinuxNamespaceType, Mount, MountBuilder, PosixRlimitBuilder, PosixRlimitType, Process,
    ProcessBuilder, RootBuilder, Spec, SpecBuilder, UserBuilder,
};
use protocol::guest;

use super::launch::Stage;
use super::{etc, seccomp};
use crate::connect::directory_inside;
use crate::identity::{Identity, Mapping, USER};
use crate::request::Start;

/// Where libcontainer looks for cgroups.
pub(super) const CGROUP_ROOT: &str = "/sys/fs/cgroup";

/// The group that libcontainer is given where we have none. Never the root: on a failure it would
/// kill all that is in the group.
const UNUSED_CGROUP: &str = "berth-none";

/// What init may do: become the user, signal the user's programs, and hand the user terminals and
/// files. Also all that any program could ever have, and `no_new_privs` keeps those below root from
/// having even these.
const CAPABILITIES: [Capability; 6] = [
    Capability::Chown,
    Capability::DacOverride,
    Capability::Fowner,
    Capability::Kill,
    Capability::Setgid,
    Capability::Setuid,
];

/// Docker's default list, and what has been found missing from it since.
const MASKED: &[&str] = &[
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
    "/sys/fs/selinux",
    "/sys/kernel/debug",
    "/sys/kernel/security",
    "/sys/kernel/tracing",
];
const READ_ONLY: &[&str] = &["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// The kernel should kill a container's programs before the server's: 0 is ordinary, 1000 first.
const OUT_OF_MEMORY_SCORE: i32 = 300;

pub(super) fn build(start: &Start) -> Result<Spec, OciSpecError> {
    SpecBuilder::default()
        .version("1.0.2")
        .hostname(start.hostname.clone())
        .root(RootBuilder::default().path(Stage::path("root")).readonly(false).build()?)
        .mounts(mounts(start)?)
        .process(process(start)?)
        .linux(linux(start)?)
        .build()
}

fn process(start: &Start) -> Result<Process, OciSpecError> {
    let guest_id = start.identity.guest();
    let few: Capabilities =
        if start.identity.has_root() { CAPABILITIES.into_iter().collect() } else { Capabilities::new() };
    let none = Capabilities::new();
    ProcessBuilder::default()
        .terminal(false)
        .user(UserBuilder::default().uid(guest_id).gid(guest_id).umask(0o022_u32).build()?)
        .args(vec![guest::BINARY.to_owned(), format!("{}/{}", directory_inside(start.identity), guest::CONFIG_FILE)])
        .env(vec!["PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin".to_owned(), "HOME=/".to_owned()])
        .cwd("/")
        .no_new_privileges(true)
        .oom_score_adj(OUT_OF_MEMORY_SCORE)
        .rlimits(vec![PosixRlimitBuilder::default().typ(PosixRlimitType::RlimitCore).soft(0_u64).hard(0_u64).build()?])
        .capabilities(
            LinuxCapabilitiesBuilder::default()
                .bounding(few.clone())
                .effective(few.clone())
                .permitted(few)
                .inheritable(none.clone())
                .ambient(none)
                .build()?,
        )
        .build()
}

fn linux(start: &Start) -> Result<Linux, OciSpecError> {
    use LinuxNamespaceType::{Cgroup, Ipc, Mount, Network, Pid, User, Uts};
    let mut types = vec![Mount, Pid, Ipc, Uts, Cgroup];
    let root = matches!(start.identity, Identity::Range { .. });
    if root {
        // Else we are in the container's user and network namespaces already.
        types.extend([User, Network]);
    }
    let namespaces = types.into_iter().map(|typ| LinuxNamespaceBuilder::default().typ(typ).build());
    let path = match &start.unified {
        Some((_, path)) => PathBuf::from("/").join(path),
        None => PathBuf::from("/").join(UNUSED_CGROUP),
    };
    let mut builder = LinuxBuilder::default()
        .namespaces(namespaces.collect::<Result<Vec<_>, _>>()?)
        .cgroups_path(path)
        .masked_paths(owned(MASKED))
        .readonly_paths(owned(READ_ONLY))
        .rootfs_propagation("private")
        .seccomp(seccomp::profile()?);
    if root {
        builder = builder
            .uid_mappings(id_mappings(&start.identity.uids())?)
            .gid_mappings(id_mappings(&start.identity.gids())?);
    }
    builder.build()
}

fn id_mappings(mappings: &[Mapping]) -> Result<Vec<LinuxIdMapping>, OciSpecError> {
    let build =
        |m: &Mapping| LinuxIdMappingBuilder::default().container_id(m.inside).host_id(m.outside).size(m.count).build();
    mappings.iter().map(build).collect()
}

fn mounts(start: &Start) -> Result<Vec<Mount>, OciSpecError> {
    let size = format!("size={}", start.memory_file_system_bytes);
    let mut terminals = vec!["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"];
    if start.identity.has_root() {
        // The group `tty`; with one id there is no such group.
        terminals.push("gid=5");
    }
    let personal = format!("uid={USER}");
    let run = Stage::path("run").to_string_lossy().into_owned();
    let binary = Stage::path("guest").to_string_lossy().into_owned();
    let mut mounts = vec![
        mount("proc", "proc", "/proc", &["nosuid", "noexec", "nodev"])?,
        mount("tmpfs", "tmpfs", "/dev", &["nosuid", "strictatime", "mode=755", "size=64k"])?,
        mount("devpts", "devpts", "/dev/pts", &terminals)?,
        mount("tmpfs", "shm", "/dev/shm", &["nosuid", "noexec", "nodev", "mode=1777", &size])?,
        mount("mqueue", "mqueue", "/dev/mqueue", &["nosuid", "noexec", "nodev"])?,
        mount("sysfs", "sysfs", "/sys", &["nosuid", "noexec", "nodev", "ro"])?,
        mount("tmpfs", "tmpfs", "/tmp", &["nosuid", "nodev", "mode=1777", &size])?,
        mount("tmpfs", "tmpfs", "/run", &["nosuid", "nodev", "mode=755", "size=16m"])?,
        mount("tmpfs", "tmpfs", "/run/user/1000", &["nosuid", "nodev", "mode=700", &personal, "size=16m"])?,
        mount("bind", &binary, guest::BINARY, &["bind", "ro", "nosuid", "nodev"])?,
    ];
    if start.identity.user_is_the_server() {
        let closed = ["nosuid", "nodev", "noexec", "mode=700", "size=64k"];
        mounts.push(mount("tmpfs", "tmpfs", guest::DIRECTORY, &closed)?);
    }
    let private = directory_inside(start.identity);
    mounts.push(mount("bind", &run, &private, &["bind", "nosuid", "nodev", "noexec"])?);
    for name in etc::SHARED {
        let path = format!("/etc/{name}");
        if Path::new(&path).is_dir() {
            mounts.push(mount("bind", &path, &path, &["bind", "ro", "nosuid", "nodev", "noexec"])?);
        }
    }
    if start.show_cgroup {
        mounts.push(mount("cgroup2", "cgroup2", CGROUP_ROOT, &["nosuid", "noexec", "nodev", "ro"])?);
    }
    Ok(mounts)
}

fn mount(typ: &str, source: &str, destination: &str, options: &[&str]) -> Result<Mount, OciSpecError> {
    MountBuilder::default().typ(typ).source(source).destination(destination).options(owned(options)).build()
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
