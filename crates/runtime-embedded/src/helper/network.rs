//! A container's network namespace: closed first, and opened afterwards by `pasta` if there is one.
//! IPv4 only: there a prohibiting route holds whatever device a socket is bound to.

use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

use super::netlink::{Prefix, Routes};
use super::{Step, StepError};
use crate::identity::Identity;
use crate::request::Network;

/// The container's address, its gateway and its name server as seen inside. Of the range set aside
/// for measuring networks (RFC 2544), so that no network a person may want to reach is hidden.
const ADDRESS: &str = "198.18.0.2";
const NETMASK: &str = "255.255.255.0";
const GATEWAY: &str = "198.18.0.1";
pub(super) const NAME_SERVER: &str = "198.18.0.3";
const INTERFACE: &str = "eth0";

/// Where clouds serve credentials to whoever asks, and where nothing else is.
const LINK_LOCAL: Prefix = Prefix { address: Ipv4Addr::new(169, 254, 0, 0), length: 16 };

/// When we are not root: moves us into the network namespace that the container will have. When we
/// are, libcontainer makes it, and [`close`] visits it.
pub(super) fn enter(identity: Identity) -> Result<(), StepError> {
    if matches!(identity, Identity::Range { .. }) {
        return Ok(());
    }
    let refused = refused().step(|| "list the host's addresses".to_owned())?;
    unshare(CloneFlags::CLONE_NEWNET).step(|| "make a network namespace".to_owned())?;
    refuse(&refused).step(|| "close the network".to_owned())
}

/// Closes the network namespace of a container whose guest has not begun.
pub(super) fn close(pid: i32, identity: Identity) -> Result<(), StepError> {
    let what = || "close the network".to_owned();
    if !matches!(identity, Identity::Range { .. }) {
        return Ok(());
    }
    let refused = refused().step(|| "list the host's addresses".to_owned())?;
    let network = File::open(format!("/proc/{pid}/ns/net")).step(what)?;
    // SAFETY: we have one thread.
    match unsafe { fork() }.step(what)? {
        ForkResult::Child => {
            let done = setns(network.as_fd(), CloneFlags::CLONE_NEWNET)
                .map_err(io::Error::from)
                .and_then(|()| refuse(&refused));
            let code = done.map_or_else(|error| error.raw_os_error().unwrap_or(libc::EIO), |()| 0);
            // SAFETY: leaves without running what the parent registered.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => match waitpid(child, None).step(what)? {
            WaitStatus::Exited(_, 0) => Ok(()),
            WaitStatus::Exited(_, code) => Err(io::Error::from_raw_os_error(code)).step(what),
            status => Err(io::Error::other(format!("{status:?}"))).step(what),
        },
    }
}

/// What no container may reach: every address of this host and the link-local ones.
fn refused() -> io::Result<Vec<Prefix>> {
    let mut prefixes = Routes::open()?.local()?;
    prefixes.retain(|prefix| !prefix.address.is_loopback());
    prefixes.push(LINK_LOCAL);
    Ok(prefixes)
}

fn refuse(prefixes: &[Prefix]) -> io::Result<()> {
    let routes = Routes::open()?;
    routes.loopback_up()?;
    prefixes.iter().try_for_each(|prefix| routes.prohibit(*prefix))
}

/// Becomes `pasta` for a running container. It runs in the container's user namespace, so that the
/// most it can ever do to the host is what the container's root could.
pub(super) fn run(network: &Network) -> Result<Infallible, StepError> {
    let path = |kind: &str| format!("/proc/{}/ns/{kind}", network.pid);
    let mut pasta = Command::new(&network.pasta);
    pasta
        .args(["--foreground", "--quiet", "--ipv4-only", "--config-net", "--no-map-gw"])
        .args(["--address", ADDRESS, "--netmask", NETMASK, "--gateway", GATEWAY, "--dns-forward", NAME_SERVER])
        .args(["--ns-ifname", INTERFACE, "--tcp-ports", "none", "--udp-ports", "none"])
        .args(["--tcp-ns", "none", "--udp-ns", "none", "--no-dhcp"])
        .env_clear();
    match network.identity {
        Identity::Range { base } => {
            pasta.args(["--runas", &format!("{base}:{base}")]);
            pasta.args(["--netns", &path("net"), "--userns", &path("user")]);
        }
        Identity::Subordinate { .. } | Identity::Single { .. } => {
            pasta.arg(network.pid.to_string());
        }
    }
    Err(pasta.exec()).step(|| "run pasta".to_owned())
}
