//! A container's network namespace: closed before the guest begins, and made ready for `pasta`
//! (`pasta.rs`), which is the way out. IPv4 only, for which it was tried that nothing gets past.

use std::fs::{self, File};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd};

use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

use super::netlink::{Prefix, Routes};
use super::{Step, StepError};
use crate::identity::Identity;

/// The container's address, its gateway and its name server as seen inside. Of the range set aside
/// for measuring networks (RFC 2544), so that no network a person may want to reach is hidden.
pub(super) const ADDRESS: &str = "198.18.0.2";
pub(super) const NETMASK: &str = "255.255.255.0";
pub(super) const GATEWAY: &str = "198.18.0.1";
pub(super) const NAME_SERVER: &str = "198.18.0.3";
pub(super) const INTERFACE: &str = "eth0";
/// The hardware address that pasta answers from: one of those anybody may give out.
pub(super) const GATEWAY_HARDWARE: [u8; 6] = [0x02, 0, 0, 0, 0, 1];
/// The device that pasta makes interfaces with.
pub(super) const TUNNEL: &str = "/dev/net/tun";

const LOOPBACK: Prefix = Prefix { address: Ipv4Addr::new(127, 0, 0, 0), length: 8 };
/// Which some systems take for themselves.
const THIS_NETWORK: Prefix = Prefix { address: Ipv4Addr::new(0, 0, 0, 0), length: 8 };
/// Where clouds serve credentials to whoever asks, and where nothing else is.
const LINK_LOCAL: Prefix = Prefix { address: Ipv4Addr::new(169, 254, 0, 0), length: 16 };

/// The same of clouds that put it elsewhere: Azure, Alibaba, Oracle.
const METADATA: [Prefix; 3] = [
    Prefix { address: Ipv4Addr::new(168, 63, 129, 16), length: 32 },
    Prefix { address: Ipv4Addr::new(100, 100, 100, 200), length: 32 },
    Prefix { address: Ipv4Addr::new(192, 0, 0, 192), length: 32 },
];

/// `struct tun_filter` with one address.
#[repr(C)]
struct Filter {
    flags: u16,
    count: u16,
    address: [u8; 6],
}

/// When we are not root: moves us into the network namespace that the container will have. When we
/// are, libcontainer makes it, and [`close`] visits it.
pub(super) fn enter(identity: Identity, way_out: bool) -> Result<(), StepError> {
    if matches!(identity, Identity::Range { .. }) {
        return Ok(());
    }
    let refused = refused().step(|| "list the host's addresses".to_owned())?;
    unshare(CloneFlags::CLONE_NEWNET).step(|| "make a network namespace".to_owned())?;
    refuse(&refused, way_out).step(|| "close the network".to_owned())
}

/// Closes the network namespace of a container whose guest has not begun.
pub(super) fn close(pid: i32, identity: Identity, way_out: bool) -> Result<(), StepError> {
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
                .and_then(|()| refuse(&refused, way_out));
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

/// Closes the network namespace we are in as [`close`] would, to see whether that works.
pub(super) fn try_closing() -> Result<(), StepError> {
    refuse(&[LINK_LOCAL], true).step(|| "make an interface for pasta".to_owned())
}

/// What no container may reach: every address of this host, its loopback above all, and the
/// link-local ones. Loopback needs a route of its own because a socket bound to the interface passes
/// over the container's own loopback, and pasta would take the packet to the host's.
fn refused() -> io::Result<Vec<Prefix>> {
    let mut prefixes = Routes::open()?.local()?;
    prefixes.extend([LOOPBACK, LINK_LOCAL, THIS_NETWORK]);
    prefixes.extend(METADATA);
    prefixes.sort_unstable();
    prefixes.dedup();
    Ok(prefixes)
}

/// Closes the network namespace we are in, and makes the interface that pasta will use.
///
/// The prohibiting routes alone would not do: a socket bound to a device (`SO_BINDTODEVICE`, which
/// anybody may use) sends past them, straight to what it takes for a neighbour, or to a multicast
/// group. So the interface lets nothing out but what is addressed to the gateway's hardware, and
/// that is only what a route leads there.
fn refuse(prefixes: &[Prefix], way_out: bool) -> io::Result<()> {
    let routes = Routes::open()?;
    routes.loopback_up()?;
    prefixes.iter().try_for_each(|prefix| routes.prohibit(*prefix))?;
    // The container's ports are all its own; there is no reason to keep its user from the low ones.
    fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0")?;
    if !way_out {
        return Ok(());
    }
    let index = make_interface()?;
    for address in [GATEWAY, NAME_SERVER] {
        routes.neighbour(index, address.parse().map_err(io::Error::other)?, GATEWAY_HARDWARE)?;
    }
    Ok(())
}

/// Makes the interface, with its filter, down and without an address, for pasta to find. It lasts as long as the
/// network namespace. Answers its index.
fn make_interface() -> io::Result<u32> {
    // Opened here, for it makes interfaces where it was opened.
    let tunnel = File::options().read(true).write(true).open(TUNNEL)?;
    // SAFETY: an all-zero request is a valid one, with an empty name.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, byte) in request.ifr_name.iter_mut().zip(INTERFACE.bytes()) {
        *place = libc::c_char::try_from(byte).unwrap_or_default();
    }
    request.ifr_ifru.ifru_flags = libc::c_short::try_from(libc::IFF_TAP | libc::IFF_NO_PI).unwrap_or_default();
    // SAFETY: the request outlives the call.
    if unsafe { libc::ioctl(tunnel.as_raw_fd(), libc::TUNSETIFF as _, &raw mut request) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let filter = Filter { flags: 0, count: 1, address: GATEWAY_HARDWARE };
    // SAFETY: the filter outlives the call, which reads as many addresses as it says it has.
    if unsafe { libc::ioctl(tunnel.as_raw_fd(), libc::TUNSETTXFILTER as _, &raw const filter) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a plain number.
    if unsafe { libc::ioctl(tunnel.as_raw_fd(), libc::TUNSETPERSIST as _, 1) } != 0 {
        return Err(io::Error::last_os_error());
    }
    nix::net::if_::if_nametoindex(INTERFACE).map_err(io::Error::from)
}
