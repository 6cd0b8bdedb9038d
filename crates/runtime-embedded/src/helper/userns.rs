//! User namespaces: one to live in when we are not root, one to shift owners by when we are.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::process::Command;

use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::prctl;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Gid, Pid, Uid, fork, getpid, pipe, setfsgid, setfsuid, setgroups, setresgid, setresuid};

use super::{Step, StepError};
use crate::identity::{Identity, Mapping, USER, map_text};

/// Makes us the container's root, or its one user, in a new user namespace. Does nothing when we
/// are the host's root: the container's own namespace is made when it starts.
pub(super) fn enter(identity: Identity) -> Result<(), StepError> {
    if matches!(identity, Identity::Range { .. }) {
        return Ok(());
    }
    // The maps have to be written from outside, by the set-user-id tools, so a child stays there.
    let (started, start) = pipe().step(|| "make a pipe".to_owned())?;
    let ours = getpid();
    // SAFETY: we have one thread.
    match unsafe { fork() }.step(|| "fork".to_owned())? {
        ForkResult::Child => {
            drop(start);
            let mut byte = [0];
            let told = File::from(started).read(&mut byte);
            let mapped = match told {
                Ok(1) => write_maps(identity, ours),
                _ => Err(io::Error::other("the parent is gone")),
            };
            if let Err(error) = &mapped {
                eprintln!("write the id maps: {error}");
            }
            // SAFETY: leaves without running what the parent registered.
            unsafe { libc::_exit(i32::from(mapped.is_err())) }
        }
        ForkResult::Parent { child } => {
            drop(started);
            let entered = unshare(CloneFlags::CLONE_NEWUSER).step(|| "make a user namespace".to_owned());
            if entered.is_ok() {
                nix::unistd::write(&start, &[1]).step(|| "tell the child".to_owned())?;
            }
            drop(start);
            let status = waitpid(child, None).step(|| "wait for the child".to_owned())?;
            entered?;
            if status != WaitStatus::Exited(child, 0) {
                return Err(io::Error::from(io::ErrorKind::PermissionDenied)).step(|| "map ids".to_owned());
            }
        }
    }
    become_inside(identity)
}

/// Makes us the root of a container that runs, or its one user, in its user namespace `namespace`.
/// Either keeps its capabilities when it runs another program.
pub(super) fn join(namespace: &File, identity: Identity) -> Result<(), StepError> {
    setns(namespace, CloneFlags::CLONE_NEWUSER).step(|| "join the container's user namespace".to_owned())?;
    become_inside(identity)?;
    if identity.has_root() {
        return Ok(());
    }
    let keep = || -> Result<(), caps::errors::CapsError> {
        for capability in [caps::Capability::CAP_NET_ADMIN, caps::Capability::CAP_SYS_ADMIN] {
            caps::raise(None, caps::CapSet::Inheritable, capability)?;
            caps::raise(None, caps::CapSet::Ambient, capability)?;
        }
        Ok(())
    };
    keep().map_err(io::Error::other).step(|| "keep capabilities".to_owned())
}

fn become_inside(identity: Identity) -> Result<(), StepError> {
    let (uid, gid) = (Uid::from_raw(identity.guest()), Gid::from_raw(identity.guest()));
    if identity.has_root() {
        setgroups(&[]).step(|| "drop the caller's groups".to_owned())?;
    }
    setresgid(gid, gid, gid).step(|| "take the container's group".to_owned())?;
    // With one id only, it is ours already, and asking for it would cost us the capabilities.
    if identity.has_root() {
        // An id that is not the caller's costs us two things: that we end with the server, and what is ours
        // in `/proc`, where libcontainer writes.
        let end = prctl::get_pdeathsig().step(|| "see how we end".to_owned())?;
        setresuid(uid, uid, uid).step(|| "take the container's user".to_owned())?;
        if matches!(identity, Identity::Kept { .. }) {
            prctl::set_pdeathsig(end).step(|| "end with the server".to_owned())?;
            prctl::set_dumpable(true).step(|| "own what is ours in /proc".to_owned())?;
        }
    }
    Ok(())
}

fn write_maps(identity: Identity, pid: Pid) -> io::Result<()> {
    if identity.has_root() {
        run_mapper("newuidmap", pid, &identity.uids())?;
        run_mapper("newgidmap", pid, &identity.gids())
    } else {
        fs::write(format!("/proc/{pid}/setgroups"), "deny")?;
        fs::write(format!("/proc/{pid}/uid_map"), map_text(&identity.uids()))?;
        fs::write(format!("/proc/{pid}/gid_map"), map_text(&identity.gids()))
    }
}

fn run_mapper(tool: &str, pid: Pid, mappings: &[Mapping]) -> io::Result<()> {
    let path = crate::tools::find(tool).ok_or_else(|| io::Error::other(format!("{tool} is not installed")))?;
    let numbers = mappings.iter().flat_map(|m| [m.inside, m.outside, m.count]).map(|n| n.to_string());
    let status = Command::new(path).arg(pid.to_string()).args(numbers).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{tool}: {status}"))) }
}

/// A user namespace that nothing lives in, to shift a mount's owners by: ids of the host's system
/// become the same ids inside the container.
pub(super) fn owners(identity: Identity) -> Result<Option<OwnedFd>, StepError> {
    match identity {
        Identity::Range { .. } => shift(&identity.uids(), &identity.gids()).map(Some),
        _ => Ok(None),
    }
}

/// The same for files of the programs' user alone: whatever else is among them belongs to nobody
/// inside, and nobody but that user can make a file there, not even the container's root.
pub(super) fn owners_of_home(identity: Identity) -> Result<Option<OwnedFd>, StepError> {
    let Identity::Range { base } = identity else {
        return Ok(None);
    };
    let user = [Mapping { inside: USER, outside: base + USER, count: 1 }];
    shift(&user, &user).map(Some)
}

fn shift(uids: &[Mapping], gids: &[Mapping]) -> Result<OwnedFd, StepError> {
    let (made, make) = pipe().step(|| "make a pipe".to_owned())?;
    let (done, finish) = pipe().step(|| "make a pipe".to_owned())?;
    // SAFETY: we have one thread.
    match unsafe { fork() }.step(|| "fork".to_owned())? {
        ForkResult::Child => {
            drop((made, finish));
            let told = unshare(CloneFlags::CLONE_NEWUSER)
                .map_err(io::Error::from)
                .and_then(|()| nix::unistd::write(&make, &[1]).map_err(io::Error::from))
                .and_then(|_| File::from(done).read(&mut [0]));
            // SAFETY: leaves without running what the parent registered.
            unsafe { libc::_exit(i32::from(told.is_err())) }
        }
        ForkResult::Parent { child } => {
            drop((make, done));
            let namespace = match File::from(made).read(&mut [0]) {
                Ok(1) => fs::write(format!("/proc/{child}/uid_map"), map_text(uids))
                    .and_then(|()| fs::write(format!("/proc/{child}/gid_map"), map_text(gids)))
                    .and_then(|()| File::open(format!("/proc/{child}/ns/user"))),
                _ => Err(io::Error::from(io::ErrorKind::PermissionDenied)),
            };
            drop(finish);
            waitpid(child, None).step(|| "wait for the child".to_owned())?;
            namespace.map(OwnedFd::from).step(|| "make a user namespace to shift owners by".to_owned())
        }
    }
}

/// Does `work` with the rights over files that the id `id` has, and none of root's; as ourselves if there
/// is none. `id` is named as this process names it. Supplementary groups have to be dropped before.
pub(super) fn reach_files_as<T>(id: Option<u32>, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let Some(id) = id else { return work() };
    // Asked first, for the kernel mistrusts us with what is ours in `/proc` from then on.
    let dumpable = prctl::get_dumpable()?;
    let back = Back { uid: Uid::effective(), gid: Gid::effective(), dumpable };
    setfsgid(Gid::from_raw(id));
    setfsuid(Uid::from_raw(id));
    // They tell the id before, not whether they worked, which asking for an id that is none does.
    let none = u32::MAX;
    if setfsgid(Gid::from_raw(none)).as_raw() != id || setfsuid(Uid::from_raw(none)).as_raw() != id {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let outcome = work();
    drop(back);
    outcome
}

/// Gives back the ids that files are reached with, and what is ours in `/proc`.
struct Back {
    uid: Uid,
    gid: Gid,
    dumpable: bool,
}

impl Drop for Back {
    fn drop(&mut self) {
        setfsuid(self.uid);
        setfsgid(self.gid);
        // It only fails for values that are none.
        let _ = prctl::set_dumpable(self.dumpable);
    }
}
