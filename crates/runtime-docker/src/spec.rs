//! What a container is made from, as the engine wants it told.

use std::collections::HashMap;
use std::path::Path;

use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig, Mount, MountBindOptions,
    MountBindOptionsPropagationEnum, MountType, ResourcesUlimits,
};
use protocol::guest::{self, Listen};
use protocol::{ContainerId, SessionId};
use runtime::{ContainerSpec, Limits};

use crate::engine::Engine;
use crate::home::{HOME, Place};
use crate::network;

/// Labels of all that is made.
pub(crate) const INSTALLATION: &str = "berth.installation";
pub(crate) const SESSION: &str = "berth.session";

/// What init may do: become the user, signal the user's programs, and hand the user terminals and files. Also all
/// that any program could ever have, and `no_new_privs` keeps those below root from having even these.
const CAPABILITIES: [&str; 6] = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"];

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
];
const READ_ONLY: &[&str] = &["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// The kernel should kill a container's programs before the server's: 0 is ordinary, 1000 first.
const OUT_OF_MEMORY_SCORE: i64 = 300;
/// The part of a container's memory that each of `/tmp` and `/dev/shm` may take: files in them are never given up
/// by the kernel, and with both full the programs still have half.
const MEMORY_FILE_SYSTEM_SHARE: u64 = 4;
/// What of the guest's standard error is kept.
const LOG_SIZE: &str = "1m";
/// A CPU, in the engine's unit.
const NANOS_PER_MILLI: i64 = 1_000_000;

/// Where the guest's private directory is: one deeper than elsewhere, in a directory that only the container's root
/// may pass. The private directory itself is the server's, and programs may well have the server's id.
fn private() -> String {
    format!("{}/private", guest::DIRECTORY)
}

/// The labels of an installation's things.
#[derive(Debug, Clone)]
pub(crate) struct Labels {
    installation: String,
}

impl Labels {
    pub(crate) fn new(installation: &str) -> Self {
        Self { installation: installation.to_owned() }
    }

    pub(crate) fn of(&self, session: &SessionId) -> HashMap<String, String> {
        HashMap::from([
            (INSTALLATION.to_owned(), self.installation.clone()),
            (SESSION.to_owned(), session.as_str().to_owned()),
        ])
    }

    /// The session that these labels name, if they are this installation's.
    pub(crate) fn session(&self, labels: &HashMap<String, String>) -> Option<SessionId> {
        let is_ours = labels.get(INSTALLATION).is_some_and(|found| *found == self.installation);
        if is_ours { labels.get(SESSION)?.parse().ok() } else { None }
    }

    /// For the engine's lists.
    pub(crate) fn filter(&self, session: Option<&SessionId>) -> HashMap<String, Vec<String>> {
        let mut labels = vec![format!("{INSTALLATION}={}", self.installation)];
        labels.extend(session.map(|session| format!("{SESSION}={session}")));
        HashMap::from([("label".to_owned(), labels)])
    }
}

/// The name of a session's container.
pub(crate) fn name(session: &SessionId) -> String {
    format!("berth-{session}")
}

/// The name of the volume that is a session's home, where it has no other.
pub(crate) fn volume(session: &SessionId) -> String {
    format!("berth-home-{session}")
}

/// How the guest is to start.
pub(crate) fn guest_config(spec: &ContainerSpec, user: u32) -> guest::Config {
    guest::Config {
        session: spec.session.clone(),
        token: spec.token.clone(),
        listen: Listen::Unix(format!("{}/{}", private(), guest::SOCKET_FILE)),
        user: Some(guest::User { uid: user, gid: user }),
        directory: format!("{HOME}/workspace"),
        home: HOME.to_owned(),
        shell: "/bin/bash".to_owned(),
        env: spec.env.clone(),
    }
}

/// What the driver decides about one container.
#[derive(Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub image: &'a str,
    pub labels: &'a Labels,
    pub engine: &'a Engine,
    /// The guest's binary on the host.
    pub guest: &'a Path,
    /// The guest's private directory on the host.
    pub run: &'a Path,
    /// Directories of the host's; empty for a home of the container's own.
    pub places: &'a [Place],
    pub has_network: bool,
    pub limits_disk: bool,
    /// As the engine wants to be told of it.
    pub seccomp: &'a str,
    pub user: u32,
}

impl Plan<'_> {
    pub(crate) fn body(&self, spec: &ContainerSpec) -> ContainerCreateBody {
        ContainerCreateBody {
            image: Some(self.image.to_owned()),
            hostname: Some(spec.session.as_str().to_owned()),
            user: Some("0:0".to_owned()),
            working_dir: Some("/".to_owned()),
            entrypoint: Some(vec![guest::BINARY.to_owned()]),
            cmd: Some(vec![format!("{}/{}", private(), guest::CONFIG_FILE)]),
            env: Some(vec![
                "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin".to_owned(),
                "HOME=/".to_owned(),
            ]),
            labels: Some(self.labels.of(&spec.session)),
            stop_signal: Some("SIGTERM".to_owned()),
            host_config: Some(self.host_config(spec)),
            ..ContainerCreateBody::default()
        }
    }

    fn host_config(&self, spec: &ContainerSpec) -> HostConfig {
        let Limits { cpu_millis, memory_bytes, pids, disk_bytes } = spec.limits;
        let memory = signed(memory_bytes);
        let share = memory_bytes / MEMORY_FILE_SYSTEM_SHARE;
        let disk = HashMap::from([("size".to_owned(), disk_bytes.to_string())]);
        let network = if self.has_network { network::name(&spec.session) } else { "none".to_owned() };
        HostConfig {
            nano_cpus: self.engine.cpu.then_some(i64::from(cpu_millis) * NANOS_PER_MILLI),
            memory: self.engine.memory.then_some(memory),
            // Of memory and swap together, so: no swap.
            memory_swap: self.engine.memory.then_some(memory),
            pids_limit: self.engine.pids.then_some(i64::from(pids)),
            storage_opt: self.limits_disk.then_some(disk),
            init: Some(false),
            privileged: Some(false),
            publish_all_ports: Some(false),
            cap_drop: Some(vec!["ALL".to_owned()]),
            cap_add: Some(owned(&CAPABILITIES)),
            security_opt: Some(vec!["no-new-privileges".to_owned(), format!("seccomp={}", self.seccomp)]),
            masked_paths: Some(owned(MASKED)),
            readonly_paths: Some(owned(READ_ONLY)),
            cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
            ipc_mode: Some("private".to_owned()),
            userns_mode: self.engine.user_namespace(),
            network_mode: Some(network),
            sysctls: Some(HashMap::from([("net.ipv6.conf.all.disable_ipv6".to_owned(), "1".to_owned())])),
            oom_score_adj: (!self.engine.is_rootless).then_some(OUT_OF_MEMORY_SCORE),
            ulimits: Some(process_limits(self.engine.is_podman)),
            shm_size: Some(signed(share)),
            tmpfs: Some(self.memory_file_systems(share)),
            mounts: Some(self.mounts(&spec.session)),
            log_config: Some(HostConfigLogConfig {
                typ: Some("json-file".to_owned()),
                config: Some(HashMap::from([("max-size".to_owned(), LOG_SIZE.to_owned())])),
            }),
            ..HostConfig::default()
        }
    }

    fn memory_file_systems(&self, share: u64) -> HashMap<String, String> {
        let user = self.user;
        // Podman takes no owner for one (4.3), so there anybody may write, of whom there is one.
        let personal =
            if self.engine.is_podman { "mode=1777".to_owned() } else { format!("mode=700,uid={user},gid={user}") };
        [
            ("/tmp".to_owned(), format!("rw,exec,nosuid,nodev,mode=1777,size={share}")),
            ("/run".to_owned(), "rw,exec,nosuid,nodev,mode=755,size=16m".to_owned()),
            (format!("/run/user/{user}"), format!("rw,exec,nosuid,nodev,{personal},size=16m")),
            (guest::DIRECTORY.to_owned(), "rw,noexec,nosuid,nodev,mode=700,size=64k".to_owned()),
        ]
        .into()
    }

    fn mounts(&self, session: &SessionId) -> Vec<Mount> {
        let mut mounts =
            vec![Mount { read_only: Some(true), ..bind(self.guest, guest::BINARY) }, bind(self.run, &private())];
        mounts.extend(self.places.iter().map(|place| bind(&place.source, &place.target)));
        if self.places.is_empty() {
            mounts.push(Mount {
                typ: Some(MountType::VOLUME),
                source: Some(volume(session)),
                target: Some(HOME.to_owned()),
                ..Mount::default()
            });
        }
        mounts
    }
}

/// No dumps, and descriptors as this server has them: engines either inherit theirs, which are often without end, or
/// put in a million, which they may not be allowed to. Podman has a number for processes too, and holds itself to the
/// kernel's number of them; it is no limit of ours, for all containers' users count as one.
fn process_limits(is_podman: bool) -> Vec<ResourcesUlimits> {
    use nix::sys::resource::{Resource, getrlimit};
    let mut limits = vec![("core", 0, 0)];
    limits.extend(getrlimit(Resource::RLIMIT_NOFILE).ok().map(|(soft, hard)| ("nofile", soft, hard)));
    if is_podman && let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NPROC) {
        let most = std::fs::read_to_string(MOST_PROCESSES).ok().and_then(|text| text.trim().parse().ok());
        let hard = hard.min(most.unwrap_or(hard));
        limits.push(("nproc", hard, hard));
    }
    let limit = |(name, soft, hard): (&str, u64, u64)| ResourcesUlimits {
        name: Some(name.to_owned()),
        soft: Some(signed(soft)),
        hard: Some(signed(hard)),
    };
    limits.into_iter().map(limit).collect()
}

/// How many processes the kernel has numbers for.
const MOST_PROCESSES: &str = "/proc/sys/kernel/pid_max";

fn bind(source: &Path, target: &str) -> Mount {
    let options = MountBindOptions {
        propagation: Some(MountBindOptionsPropagationEnum::RPRIVATE),
        ..MountBindOptions::default()
    };
    Mount {
        typ: Some(MountType::BIND),
        source: Some(source.to_string_lossy().into_owned()),
        target: Some(target.to_owned()),
        bind_options: Some(options),
        ..Mount::default()
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// More than the engine's numbers hold is as good as no limit.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Whether an engine's id is one: 64 hexadecimal digits. Engines take names and beginnings of ids for ids too.
pub(crate) fn is_full_id(id: &ContainerId) -> bool {
    id.as_str().len() == 64 && id.as_str().bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
