//! Finds out, by trying, what this machine lets us do. Leaves nothing.

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use nix::sched::{CloneFlags, unshare};

use super::launch::STAGE;
use super::{Step, StepError, chain, mounts, network, userns};
use crate::identity::Identity;
use crate::request::{Probe, Probed};

/// Namespaces that a container has besides user and mount, which come first. Not pid: the first
/// child after that would be an init, and its end would bar the second.
const NAMESPACES: [(CloneFlags, &str); 4] = [
    (CloneFlags::CLONE_NEWNET, "network"),
    (CloneFlags::CLONE_NEWIPC, "ipc"),
    (CloneFlags::CLONE_NEWUTS, "uts"),
    (CloneFlags::CLONE_NEWCGROUP, "cgroup"),
];

pub(super) fn run(probe: &Probe) -> Probed {
    let writable_usr = match probe.identity {
        Identity::Range { .. } => None,
        _ => Some("that needs root: without it the host's files in /usr have no owner inside".to_owned()),
    };
    let mut probed = Probed { writable_usr, ..Probed::default() };
    probed.namespaces = namespaces(probe.identity).err().map(|error| chain(&error));
    if probed.namespaces.is_none() {
        probed.network = network::try_closing().err().map(|error| chain(&error));
    }
    if probed.namespaces.is_none() && probed.writable_usr.is_none() {
        probed.writable_usr = layer(probe).err().map(|error| chain(&error));
    }
    probed
}

fn namespaces(identity: Identity) -> Result<(), StepError> {
    if !Path::new("/bin").is_symlink() {
        return Err(io::Error::from(io::ErrorKind::Unsupported)).step(|| "use a /bin that is not in /usr".to_owned());
    }
    userns::enter(identity)?;
    mounts::isolate()?;
    for (flag, name) in NAMESPACES {
        unshare(flag).step(|| format!("make a {name} namespace"))?;
    }
    Ok(())
}

/// Mounts `/usr` with its owners shifted and a layer over it, in our own namespace.
fn layer(probe: &Probe) -> Result<(), StepError> {
    let Some(owners) = userns::owners(probe.identity)? else { return Ok(()) };
    // Before the stage may cover the way to it.
    let scratch = mounts::locate(&probe.directory).step(|| "open the data directory".to_owned())?;
    let usr = mounts::locate(Path::new("/usr")).step(|| "open /usr".to_owned())?;
    mounts::memory(Path::new(STAGE), "mode=0755,size=1m")?;
    let part = |name: &str| -> Result<PathBuf, StepError> {
        let path = Path::new(STAGE).join(name);
        fs::create_dir(&path).step(|| "stage a probe".to_owned())?;
        Ok(path)
    };
    let (lower, layers, merged) = (part("lower")?, part("layers")?, part("merged")?);
    mounts::attach(usr.as_fd(), &lower, mounts::READ_ONLY, Some(owners.as_fd()))?;
    mounts::attach(scratch.as_fd(), &layers, 0, None)?;
    for name in ["upper", "work"] {
        fs::create_dir(layers.join(name)).step(|| "make a probe's layer".to_owned())?;
    }
    mounts::overlay(&lower, &layers.join("upper"), &layers.join("work"), &merged)
}
