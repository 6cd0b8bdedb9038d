//! What the engine is and what it can do, as it says itself.

use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use bollard::models::{SystemInfo, SystemInfoCgroupVersionEnum, SystemVersion, VolumeCreateRequest};
use bollard::query_parameters::RemoveVolumeOptions;
use runtime::{Home, RuntimeError};

use crate::api::{Api, REMOVE_LIMIT};

/// What the driver has to know of the engine.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Engine {
    /// Such as `Docker 20.10.24`.
    pub name: String,
    /// Tells it from another one: a container that isn't there may be at the other.
    pub identity: String,
    pub is_podman: bool,
    /// Runs as somebody who is not root.
    pub is_rootless: bool,
    /// Docker shifts users by default.
    pub shifts_users: bool,
    /// Containers see this host's directories, sockets in them too.
    pub shares_files: bool,
    pub cpu: bool,
    pub memory: bool,
    pub pids: bool,
    pub seccomp: bool,
    /// The storage driver may know how to limit a container's files.
    pub may_limit_disk: bool,
    pub storage: String,
}

impl Engine {
    /// Asks it. Where it has its files is found out once of each: `known` is what was found before.
    pub(crate) async fn ask(api: &Api, known: Option<&Self>) -> Result<Self, RuntimeError> {
        let docker = api.docker().await?;
        let version = api.call("asking the engine for its version", api.patience.look, docker.version()).await?;
        let info = api.call("asking the engine what it can do", api.patience.look, docker.info()).await?;
        let mut engine = Self::of(&version, &info, api.socket());
        if api.socket().is_none() {
            engine.shares_files = match known.filter(|known| known.identity == engine.identity) {
                Some(known) => known.shares_files,
                None => is_here(api).await?,
            };
        }
        Ok(engine)
    }

    fn of(version: &SystemVersion, info: &SystemInfo, socket: Option<&str>) -> Self {
        let has_option = |option: &str| {
            let wanted = format!("name={option}");
            info.security_options.iter().flatten().any(|text| text.split(',').any(|part| part == wanted))
        };
        let is_podman = version.components.iter().flatten().any(|part| part.name.contains("Podman"));
        let is_desktop = info.operating_system.as_deref().is_some_and(|name| name.contains("Docker Desktop"));
        let storage = info.driver.clone().unwrap_or_default();
        let is_xfs = info.driver_status.iter().flatten().flatten().any(|text| text == "xfs");
        // Podman has a new id for each who asks.
        let identity = if is_podman { &info.docker_root_dir } else { &info.id };
        // Podman doesn't say so itself (4.3), but its socket is its user's.
        let owner = socket.and_then(|path| std::fs::metadata(path).ok()).map(|found| found.uid());
        let is_rootless = has_option("rootless") || (is_podman && owner.is_some_and(|owner| owner != 0));
        // Only version 2 of cgroups can be left to a user in part.
        let limits = !is_rootless || info.cgroup_version == Some(SystemInfoCgroupVersionEnum::_2);
        Self {
            identity: identity.clone().unwrap_or_default(),
            name: format!(
                "{} {}",
                if is_podman { "Podman" } else { "Docker" },
                version.version.as_deref().unwrap_or("of an unknown version")
            ),
            is_podman,
            is_rootless,
            shifts_users: has_option("userns"),
            shares_files: socket.is_some() && !is_desktop,
            cpu: limits && info.cpu_cfs_quota.unwrap_or_default(),
            memory: limits && info.memory_limit.unwrap_or_default(),
            pids: limits && info.pids_limit.unwrap_or_default(),
            seccomp: has_option("seccomp")
                || info.security_options.iter().flatten().any(|o| o.starts_with("name=seccomp")),
            may_limit_disk: matches!(storage.as_str(), "btrfs" | "zfs") || (storage.starts_with("overlay") && is_xfs),
            storage,
        }
    }

    /// Who programs run as, so that a person's files are theirs on both sides; or why that can't be had.
    pub(crate) fn user(&self, has_home: bool) -> Result<u32, &'static str> {
        let own = nix::unistd::geteuid();
        if !has_home || own.is_root() || (self.is_podman && self.is_rootless) {
            return Ok(Home::OWNER);
        }
        if self.is_rootless {
            return Err("with Docker in rootless mode the server's files belong to root inside, and can't be a home");
        }
        Ok(own.as_raw())
    }

    /// How users inside map to those of the host, in the engine's words.
    pub(crate) fn user_namespace(&self) -> Option<String> {
        if self.is_podman && self.is_rootless {
            let user = Home::OWNER;
            return Some(format!("keep-id:uid={user},gid={user}"));
        }
        // Shifted, the files of homes would belong to nobody inside.
        self.shifts_users.then(|| "host".to_owned())
    }
}

/// Whether an engine at an address has its files where ours are: it makes a volume, and its directory is looked for.
async fn is_here(api: &Api) -> Result<bool, RuntimeError> {
    let docker = api.docker().await?;
    // Nobody else's, here or there.
    let name = format!("berth-look-{:016x}", RandomState::new().hash_one(0));
    let request = VolumeCreateRequest { name: Some(name.clone()), ..VolumeCreateRequest::default() };
    let made = api.call("making a volume", api.patience.make, docker.create_volume(request)).await?;
    let is_here = Path::new(&made.mountpoint).is_dir();
    let removed = docker.remove_volume(&name, None::<RemoveVolumeOptions>);
    api.call("removing a volume", REMOVE_LIMIT, removed).await?;
    Ok(is_here)
}
