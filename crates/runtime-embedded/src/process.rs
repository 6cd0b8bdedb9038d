//! A process of another's, held by a descriptor, so that its number can never come to mean a
//! different one.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

use runtime::Exit;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::record::Process;

/// What is known of how a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Code(i32),
    Signal(i32),
    /// It was another's child, and this kernel doesn't tell.
    Unknown,
}

impl From<Ended> for Exit {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Code(code) => Self::Code(code),
            Ended::Signal(signal) => Self::Signal(signal),
            Ended::Unknown => Self::Unknown,
        }
    }
}

/// A process that existed when this was opened.
#[derive(Debug)]
pub(crate) struct Held {
    descriptor: AsyncFd<OwnedFd>,
    process: Process,
}

impl Held {
    /// Opens the very process that `process` describes; nothing when it is gone.
    pub(crate) fn open(process: &Process) -> io::Result<Option<Self>> {
        // SAFETY: plain numbers.
        let raw = unsafe { libc::syscall(libc::SYS_pidfd_open, process.pid, 0_u32) };
        if raw < 0 {
            let error = io::Error::last_os_error();
            return if error.raw_os_error() == Some(libc::ESRCH) { Ok(None) } else { Err(error) };
        }
        let raw = i32::try_from(raw).map_err(io::Error::other)?;
        // SAFETY: the kernel has just given us this descriptor.
        let descriptor = unsafe { OwnedFd::from_raw_fd(raw) };
        // Only now: what has the number after the descriptor is open is what it names, or is gone.
        if !process.exists() {
            return Ok(None);
        }
        // SAFETY: the descriptor is owned by what is registered, and stays the same for its life.
        let descriptor = unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) }?;
        Ok(Some(Self { descriptor, process: process.clone() }))
    }

    /// Sends a signal; does nothing when it is gone.
    pub(crate) fn signal(&self, signal: i32) -> io::Result<()> {
        // SAFETY: no structure is passed.
        let sent = unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.descriptor.get_ref().as_raw_fd(),
                signal,
                std::ptr::null::<libc::siginfo_t>(),
                0_u32,
            )
        };
        if sent == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() == Some(libc::ESRCH) { Ok(()) } else { Err(error) }
    }

    /// Waits until it has ended, and collects it if it is our child: then it is known how.
    pub(crate) async fn gone(&self) -> io::Result<Option<Ended>> {
        drop(self.descriptor.readable().await?);
        collect(self.descriptor.get_ref().as_raw_fd())
    }

    /// How it ended, when somebody else is to collect it: until that is done it is a zombie that
    /// says so, afterwards newer kernels remember.
    pub(crate) async fn recall(&self) -> Ended {
        let recalled = tokio::time::timeout(COLLECTED_WITHIN, async {
            loop {
                let as_zombie = self.process.status_as_zombie().map(decode);
                match as_zombie.or_else(|| recall(self.descriptor.get_ref().as_raw_fd())) {
                    Some(ended) => return ended,
                    None => tokio::time::sleep(ASK_AGAIN).await,
                }
            }
        });
        recalled.await.unwrap_or(Ended::Unknown)
    }
}

/// How long it may take between its death being announced and either being seen.
const COLLECTED_WITHIN: Duration = Duration::from_millis(500);
/// How often the kernel is asked meanwhile: nothing announces it.
const ASK_AGAIN: Duration = Duration::from_millis(5);

/// Collects our child; nothing when it is not ours.
fn collect(descriptor: i32) -> io::Result<Option<Ended>> {
    // SAFETY: an all-zero siginfo is a valid one, and it outlives the call.
    let (result, info) = unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let id = libc::id_t::try_from(descriptor).unwrap_or_default();
        (libc::waitid(libc::P_PIDFD, id, &raw mut info, libc::WEXITED | libc::WNOHANG), info)
    };
    if result != 0 {
        let error = io::Error::last_os_error();
        return if error.raw_os_error() == Some(libc::ECHILD) { Ok(None) } else { Err(error) };
    }
    // SAFETY: filled in by waitid for a child that ended.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    Ok(match (pid, info.si_code) {
        (0, _) => None,
        (_, libc::CLD_EXITED) => Some(Ended::Code(status)),
        _ => Some(Ended::Signal(status)),
    })
}

/// `PIDFD_GET_INFO` with the structure's first version, since Linux 6.13.
const PIDFD_GET_INFO: libc::c_ulong = 0xC040_FF0B;
/// Asks for, and says that there is, how it ended; since Linux 6.15.
const PIDFD_INFO_EXIT: u64 = 1 << 3;

/// `struct pidfd_info`.
#[repr(C)]
#[derive(Default)]
struct PidfdInfo {
    mask: u64,
    cgroup: u64,
    ids: [u32; 11],
    exit_code: i32,
}

/// How a process that somebody else has collected ended, if the kernel remembers.
fn recall(descriptor: i32) -> Option<Ended> {
    let mut info = PidfdInfo { mask: PIDFD_INFO_EXIT, ..PidfdInfo::default() };
    // SAFETY: the structure outlives the call, and its size is in the request's number.
    let asked = unsafe { libc::ioctl(descriptor, PIDFD_GET_INFO as _, &raw mut info) };
    if asked != 0 || info.mask & PIDFD_INFO_EXIT == 0 {
        return None;
    }
    Some(decode(info.exit_code))
}

/// A wait status.
fn decode(status: i32) -> Ended {
    if libc::WIFEXITED(status) { Ended::Code(libc::WEXITSTATUS(status)) } else { Ended::Signal(libc::WTERMSIG(status)) }
}
