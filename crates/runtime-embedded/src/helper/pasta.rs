//! A container's way out: `pasta`, as one of the container's own processes.
//!
//! It runs in the container's user namespace as its root, so that the most it can ever do to the host
//! is what that could; and in its pid namespace as a child of init, so that the kernel ends it with
//! the container, whether or not a server is there to see. Programs inside see it in `ps` and have
//! no rights over it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns};
use nix::sys::stat::{Mode, SFlag, mknod};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

use super::launch::{STAGE, Stage};
use super::network::{ADDRESS, GATEWAY, GATEWAY_HARDWARE, INTERFACE, NAME_SERVER, NETMASK, TUNNEL};
use super::{Step, StepError, mounts, userns};
use crate::identity::Identity;
use crate::request::Network;

/// Where pasta finds the network namespace, on the stage.
const NAMESPACE: &str = "network";

/// Starts pasta for a container that runs.
pub(super) fn run(network: &Network) -> Result<(), StepError> {
    let log = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(&network.log)
        .step(|| "open the network's log".to_owned())?;
    join(network)?;
    // SAFETY: we have one thread.
    match unsafe { fork() }.step(|| "fork into the container".to_owned())? {
        ForkResult::Child => {
            // Its parent ends at once, so that it becomes init's child.
            // SAFETY: as above.
            let code = match unsafe { fork() } {
                Ok(ForkResult::Child) => {
                    let error = command(network, log).exec();
                    eprintln!("run pasta: {error}");
                    1
                }
                Ok(ForkResult::Parent { .. }) => 0,
                Err(error) => error as i32,
            };
            // SAFETY: leaves without running what the parent registered.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => match waitpid(child, None).step(|| "wait for a child".to_owned())? {
            WaitStatus::Exited(_, 0) => Ok(()),
            status => Err(io::Error::other(format!("{status:?}"))).step(|| "fork in the container".to_owned()),
        },
    }
}

fn command(network: &Network, log: File) -> Command {
    let hardware = GATEWAY_HARDWARE.map(|byte| format!("{byte:02x}")).join(":");
    let mut pasta = Command::new(&network.pasta);
    pasta
        .args(["--foreground", "--quiet", "--ipv4-only", "--config-net", "--no-map-gw", "--no-dhcp"])
        .args(["--address", ADDRESS, "--netmask", NETMASK, "--gateway", GATEWAY, "--dns-forward", NAME_SERVER])
        .args(["--mac-addr", &hardware, "--ns-ifname", INTERFACE])
        .args(["--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none"])
        .args(["--netns-only", "--netns"])
        .arg(Stage::path(NAMESPACE))
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    pasta
}

/// Enters the container's user and pid namespaces, with a mount namespace of our own in which pasta
/// finds what it needs: it gives up the right to look into other processes before it looks for the
/// network namespace.
fn join(network: &Network) -> Result<(), StepError> {
    let what = || "find the container's namespaces".to_owned();
    let open = |kind: &str| File::open(format!("/proc/{}/ns/{kind}", network.init.pid)).step(what);
    let (user, pid, net) = (open("user")?, open("pid")?, open("net")?);
    if !network.init.exists() {
        // What we have opened may be another's.
        return Err(io::Error::from(io::ErrorKind::NotFound)).step(what);
    }
    let root = matches!(network.identity, Identity::Range { .. });
    if !root {
        userns::join(&user, network.identity)?;
    }
    mounts::isolate()?;
    mounts::memory(Path::new(STAGE), "mode=0755,size=1m")?;
    let place = Stage::path(NAMESPACE);
    File::create_new(&place).step(what)?;
    let source = format!("/proc/self/fd/{}", net.as_raw_fd());
    mount(Some(source.as_str()), &place, None::<&str>, MsFlags::MS_BIND, None::<&str>).step(what)?;
    if root {
        stage_tunnel()?;
        userns::join(&user, network.identity)?;
    }
    setns(&pid, CloneFlags::CLONE_NEWPID).step(|| "join the container's pid namespace".to_owned())
}

/// Lets pasta open the tunnel device, which hosts without udev keep to root.
fn stage_tunnel() -> Result<(), StepError> {
    let what = || "stage /dev/net/tun".to_owned();
    let device = fs::metadata(TUNNEL).step(what)?.rdev();
    let directory = Path::new(TUNNEL).parent().unwrap_or(Path::new("/"));
    mount(Some("tmpfs"), directory, Some("tmpfs"), MsFlags::MS_NOSUID, Some("mode=0755,size=64k")).step(what)?;
    mknod(TUNNEL, SFlag::S_IFCHR, Mode::from_bits_truncate(0o666), device).step(what)?;
    fs::set_permissions(TUNNEL, fs::Permissions::from_mode(0o666)).step(what)
}
