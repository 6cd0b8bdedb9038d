//! The new mount calls, by descriptor, and the private mount namespace they are used in. Nothing
//! here ever changes a mount of the host's.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use super::{Step, StepError};

pub(super) const READ_ONLY: u64 = libc::MOUNT_ATTR_RDONLY;
pub(super) const NO_SETUID: u64 = libc::MOUNT_ATTR_NOSUID;
pub(super) const NO_DEVICES: u64 = libc::MOUNT_ATTR_NODEV;
pub(super) const NO_PROGRAMS: u64 = libc::MOUNT_ATTR_NOEXEC;

/// Enters a mount namespace of our own, from which nothing propagates.
pub(super) fn isolate() -> Result<(), StepError> {
    unshare(CloneFlags::CLONE_NEWNS).step(|| "make a mount namespace".to_owned())?;
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)
        .step(|| "make its mounts private".to_owned())
}

/// Opens a file or directory only to name it, never following a symlink at its end.
pub(super) fn locate(path: &Path) -> io::Result<OwnedFd> {
    use std::os::unix::fs::OpenOptionsExt;
    let file: File =
        File::options().read(true).custom_flags(libc::O_PATH | libc::O_NOFOLLOW | libc::O_CLOEXEC).open(path)?;
    Ok(file.into())
}

/// Mounts what `source` names at `target`, with `attributes` added to those that it has, and with
/// its owners shifted by the user namespace `owners` when there is one.
pub(super) fn attach(
    source: BorrowedFd<'_>,
    target: &Path,
    attributes: u64,
    owners: Option<BorrowedFd<'_>>,
) -> Result<(), StepError> {
    let what = || format!("mount {}", target.display());
    let tree = detached(source, attributes, owners).step(what)?;
    let target = CString::new(target.as_os_str().as_bytes()).map_err(io::Error::from).step(what)?;
    // SAFETY: both paths are terminated and outlive the call.
    let moved = unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_FDCWD,
            target.as_ptr(),
            libc::MOVE_MOUNT_F_EMPTY_PATH,
        )
    };
    check(moved).step(what)
}

/// The same over the very directory that `target` is, wherever that may have got to.
pub(super) fn attach_over(
    source: BorrowedFd<'_>,
    target: BorrowedFd<'_>,
    attributes: u64,
    owners: Option<BorrowedFd<'_>>,
) -> io::Result<()> {
    let tree = detached(source, attributes, owners)?;
    // SAFETY: both paths are empty, terminated, and outlive the call.
    let moved = unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree.as_raw_fd(),
            c"".as_ptr(),
            target.as_raw_fd(),
            c"".as_ptr(),
            libc::MOVE_MOUNT_F_EMPTY_PATH | libc::MOVE_MOUNT_T_EMPTY_PATH,
        )
    };
    check(moved)
}

/// A mount of what `source` names that is nowhere yet.
fn detached(source: BorrowedFd<'_>, attributes: u64, owners: Option<BorrowedFd<'_>>) -> io::Result<OwnedFd> {
    let recursive = if owners.is_some() { 0 } else { libc::AT_RECURSIVE as u32 };
    let flags = libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC | libc::AT_EMPTY_PATH as u32 | recursive;
    // SAFETY: an empty, terminated path and plain numbers.
    let tree = unsafe { libc::syscall(libc::SYS_open_tree, source.as_raw_fd(), c"".as_ptr(), flags) };
    let tree = owned(tree)?;
    let mut change: libc::mount_attr = unsafe { std::mem::zeroed() };
    change.attr_set = attributes;
    if let Some(owners) = owners {
        change.attr_set |= libc::MOUNT_ATTR_IDMAP;
        change.userns_fd = u64::try_from(owners.as_raw_fd()).unwrap_or_default();
    }
    // SAFETY: `change` outlives the call, and its size is its own.
    let changed = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH as u32 | recursive,
            &raw const change,
            std::mem::size_of_val(&change),
        )
    };
    check(changed)?;
    Ok(tree)
}

/// Mounts a new memory-backed file system.
pub(super) fn memory(target: &Path, options: &str) -> Result<(), StepError> {
    mount(Some("tmpfs"), target, Some("tmpfs"), MsFlags::MS_NOSUID | MsFlags::MS_NODEV, Some(options))
        .step(|| format!("mount a memory file system at {}", target.display()))
}

/// Mounts `lower` with a writable layer over it.
pub(super) fn overlay(lower: &Path, upper: &Path, work: &Path, target: &Path) -> Result<(), StepError> {
    let options = format!("lowerdir={},upperdir={},workdir={}", lower.display(), upper.display(), work.display());
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("overlay"), target, Some("overlay"), flags, Some(options.as_str()))
        .step(|| format!("mount a writable layer at {}", target.display()))
}

fn owned(descriptor: libc::c_long) -> io::Result<OwnedFd> {
    check(descriptor)?;
    let raw = i32::try_from(descriptor).map_err(io::Error::other)?;
    // SAFETY: the kernel has just given us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}

fn check(result: libc::c_long) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
