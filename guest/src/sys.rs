//! The system calls that neither std nor tokio offers, each behind a safe function.
//!
//! All of the crate's `unsafe` is here and in [`crate::terminals`]' child set-up.

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use protocol::frame::Size;

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn check_size(result: isize) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// A pseudo-terminal: the master does not block, neither survives an exec.
pub struct Pty {
    /// The side that the guest reads and writes.
    pub master: OwnedFd,
    /// The side that programs have.
    pub slave: OwnedFd,
}

/// Opens a pseudo-terminal of `size`.
///
/// # Errors
/// When there are no more, or `/dev/pts` is not there.
pub fn open_pty(size: Size) -> io::Result<Pty> {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: plain calls; each descriptor is owned as soon as it exists, and `name` outlives its use.
    unsafe {
        let master = OwnedFd::from_raw_fd(check(libc::posix_openpt(flags | libc::O_NONBLOCK))?);
        check(libc::grantpt(master.as_raw_fd()))?;
        check(libc::unlockpt(master.as_raw_fd()))?;
        let mut name = [0; 64];
        let failed = libc::ptsname_r(master.as_raw_fd(), name.as_mut_ptr(), name.len());
        if failed != 0 {
            return Err(io::Error::from_raw_os_error(failed));
        }
        let slave = OwnedFd::from_raw_fd(check(libc::open(name.as_ptr(), flags))?);
        set_size(master.as_fd(), size)?;
        erase_whole_characters(slave.as_fd())?;
        Ok(Pty { master, slave })
    }
}

/// Says that the terminal speaks UTF-8: a backspace at a plain prompt takes a character, not a byte of it.
fn erase_whole_characters(terminal: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: an all-zero termios is valid; the kernel writes one and reads it again.
    unsafe {
        let mut modes: libc::termios = std::mem::zeroed();
        check(libc::tcgetattr(terminal.as_raw_fd(), &raw mut modes))?;
        modes.c_iflag |= libc::IUTF8;
        check(libc::tcsetattr(terminal.as_raw_fd(), libc::TCSANOW, &raw const modes)).map(drop)
    }
}

/// Sets a terminal's size; its programs get SIGWINCH if it changed.
///
/// # Errors
/// When `terminal` is none.
pub fn set_size(terminal: BorrowedFd<'_>, size: Size) -> io::Result<()> {
    let size = libc::winsize { ws_row: size.rows, ws_col: size.cols, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the kernel reads one winsize.
    check(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) }).map(drop)
}

/// The foreground process group of a terminal, asked of its master.
#[must_use]
pub fn foreground_group(terminal: BorrowedFd<'_>) -> Option<i32> {
    let mut group: libc::pid_t = 0;
    // SAFETY: the kernel writes one pid_t.
    let result = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCGPGRP, &raw mut group) };
    (result == 0 && group > 0).then_some(group)
}

/// Whether a program, such as a shell's line editor, takes single keys from the terminal.
#[must_use]
pub fn takes_single_keys(terminal: BorrowedFd<'_>) -> bool {
    // SAFETY: an all-zero termios is valid, and the kernel writes one.
    unsafe {
        let mut modes: libc::termios = std::mem::zeroed();
        libc::tcgetattr(terminal.as_raw_fd(), &raw mut modes) == 0 && modes.c_lflag & libc::ICANON == 0
    }
}

/// Gives a terminal's device to a user, as login would.
///
/// # Errors
/// When the guest may not.
pub fn give_terminal(terminal: BorrowedFd<'_>, uid: u32, gid: u32) -> io::Result<()> {
    // SAFETY: plain calls on an open descriptor.
    unsafe {
        check(libc::fchown(terminal.as_raw_fd(), uid, gid))?;
        check(libc::fchmod(terminal.as_raw_fd(), 0o620)).map(drop)
    }
}

/// Reads what there is.
///
/// # Errors
/// `WouldBlock` when there is nothing.
pub fn read(from: BorrowedFd<'_>, into: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the kernel writes at most `len` bytes.
    check_size(unsafe { libc::read(from.as_raw_fd(), into.as_mut_ptr().cast(), into.len()) })
}

/// Writes what there is room for.
///
/// # Errors
/// `WouldBlock` when there is none.
pub fn write(to: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    // SAFETY: the kernel reads at most `len` bytes.
    check_size(unsafe { libc::write(to.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) })
}

/// Sends what there is room for, without SIGPIPE and without blocking.
///
/// # Errors
/// `WouldBlock` when there is no room.
pub fn send(to: BorrowedFd<'_>, parts: &[IoSlice<'_>]) -> io::Result<usize> {
    // SAFETY: IoSlice has iovec's layout by its documentation; an all-zero msghdr is an empty one.
    unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = parts.as_ptr().cast_mut().cast();
        message.msg_iovlen = parts.len() as _;
        check_size(libc::sendmsg(to.as_raw_fd(), &raw const message, libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT))
    }
}

/// Receives what there is, without blocking.
///
/// # Errors
/// `WouldBlock` when there is nothing.
pub fn receive(from: BorrowedFd<'_>, into: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the kernel writes at most `len` bytes.
    check_size(unsafe { libc::recv(from.as_raw_fd(), into.as_mut_ptr().cast(), into.len(), libc::MSG_DONTWAIT) })
}

/// What to wait for with [`wait`].
#[repr(transparent)]
pub struct Interest(libc::pollfd);

impl Interest {
    /// Whether `fd` is readable or writable, as asked; an end or error is always told.
    #[must_use]
    pub fn new(fd: RawFd, readable: bool, writable: bool) -> Self {
        let events = if readable { libc::POLLIN } else { 0 } | if writable { libc::POLLOUT } else { 0 };
        Self(libc::pollfd { fd, events, revents: 0 })
    }

    /// Whether there is something to read, or an end or error that a read would tell.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.0.revents & (libc::POLLIN | libc::POLLHUP | libc::POLLERR | libc::POLLNVAL) != 0
    }

    /// Whether there is room to write.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.0.revents & (libc::POLLOUT | libc::POLLERR) != 0
    }
}

/// Waits until one of `interests` is ready or `limit` passed. Without a limit, for ever.
///
/// # Errors
/// For want of memory; an interruption is no error.
pub fn wait(interests: &mut [Interest], limit: Option<Duration>) -> io::Result<()> {
    let limit = limit.map(|limit| libc::timespec {
        tv_sec: limit.as_secs().try_into().unwrap_or(i32::MAX.into()),
        tv_nsec: limit.subsec_nanos().into(),
    });
    let limit = limit.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: Interest is a transparent pollfd in layout (one field), and `limit` is null or outlives the call.
    let result = unsafe { libc::ppoll(interests.as_mut_ptr().cast(), interests.len() as _, limit, std::ptr::null()) };
    match check(result) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}

/// A descriptor by which one thread wakes another.
pub struct Bell(OwnedFd);

impl Bell {
    /// A silent one.
    ///
    /// # Errors
    /// When there are no more descriptors.
    pub fn new() -> io::Result<Self> {
        // SAFETY: the descriptor is owned as soon as it exists.
        unsafe { Ok(Self(OwnedFd::from_raw_fd(check(libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK))?))) }
    }

    /// Makes it readable. It can't fail: the count never comes near 2⁶⁴.
    pub fn ring(&self) {
        let _ = write(self.0.as_fd(), &1u64.to_ne_bytes());
    }

    /// Makes it unreadable again; whether it had rung does not matter.
    pub fn silence(&self) {
        let _ = read(self.0.as_fd(), &mut [0; 8]);
    }
}

impl AsRawFd for Bell {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// What [`reap`] found.
pub enum Reaped {
    /// This child ended.
    Child(i32, Ended),
    /// There are children, and all of them run.
    AllRun,
    /// There are no children.
    NoChildren,
}

/// Collects one child that ended, whoever started it.
#[must_use]
pub fn reap() -> Reaped {
    let mut status = 0;
    // SAFETY: the kernel writes one int.
    let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
    match pid {
        0 => Reaped::AllRun,
        pid if pid < 0 => Reaped::NoChildren,
        pid if libc::WIFSIGNALED(status) => Reaped::Child(pid, Ended::Signal(libc::WTERMSIG(status))),
        pid => Reaped::Child(pid, Ended::Code(libc::WEXITSTATUS(status))),
    }
}

/// Sends `signal` as kill(2) understands `pid`. That nobody is there is no error worth telling.
pub fn kill(pid: i32, signal: i32) {
    // SAFETY: a plain call.
    unsafe {
        libc::kill(pid, signal);
    }
}

/// `N` random bytes from the kernel.
///
/// # Errors
/// When the kernel has none, which no kernel since 3.17 says.
pub fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    // SAFETY: the kernel writes at most N bytes; up to 256 come whole.
    let got = check_size(unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), N, 0) })?;
    if got == N { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Makes the guest's memory and descriptors unreadable to programs of its own user, unblocks every
/// signal, and lets orphans come to the guest even when it is not pid 1.
///
/// # Errors
/// When the kernel is older than 3.4.
pub fn prepare_init() -> io::Result<()> {
    // SAFETY: plain calls; the set is initialised before its use.
    unsafe {
        check(libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0))?;
        check(libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))?;
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        check(libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut())).map(drop)
    }
}

/// Writes `text` to the file at `path` between fork and exec, where nothing may allocate.
///
/// # Errors
/// When it can't be opened or written.
pub fn write_file_in_child(path: &CStr, text: &[u8]) -> io::Result<()> {
    // SAFETY: open and write are async-signal-safe; the descriptor is owned at once.
    let file = unsafe { OwnedFd::from_raw_fd(check(libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC))?) };
    write(file.as_fd(), text).map(drop)
}

/// A descriptor's copy as a file, for handing to a child.
///
/// # Errors
/// When there are no more descriptors.
pub fn copy(fd: &OwnedFd) -> io::Result<File> {
    fd.try_clone().map(File::from)
}

/// Between fork and exec: a new session with standard input as its terminal, every signal as a new
/// program expects it, nothing else inherited, and the rights of `user`.
///
/// # Errors
/// When a step is refused; the child must not go on then.
pub fn become_shell(user: Option<(u32, u32)>) -> io::Result<()> {
    // SAFETY: all of these are async-signal-safe (plain system calls), and touch this process only.
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        // Past the C library, which refuses those that it keeps for itself. All zeros is the
        // kernel's sigaction of SIG_DFL. SIGKILL and SIGSTOP refuse, and are as they should be.
        let default = [0u64; 4];
        for signal in 1..=LAST_SIGNAL {
            libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), std::ptr::null::<u64>(), SIGNAL_SET_BYTES);
        }
        check(libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut()))?;
        check(libc::setsid())?;
        check(libc::ioctl(0, libc::TIOCSCTTY, 0))?;
        // Marked, not closed: std tells the parent of a failed exec by a descriptor of its own.
        let marked = libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
        if marked != 0 {
            return Err(io::Error::last_os_error());
        }
        // Refused when the guest may not write its own: the parent tries again from outside.
        let _ = write_file_in_child(OOM_SCORE_FILE, OOM_SCORE);
        if let Some((uid, gid)) = user {
            let groups = libc::setgroups(1, &raw const gid);
            let refused = groups != 0 && io::Error::last_os_error().raw_os_error() == Some(libc::EPERM);
            if groups != 0 && !refused {
                return Err(io::Error::last_os_error());
            }
            check(libc::setresgid(gid, gid, gid))?;
            check(libc::setresuid(uid, uid, uid))?;
        }
        libc::umask(0o022);
    }
    Ok(())
}

/// The highest real-time signal of Linux.
const LAST_SIGNAL: libc::c_int = 64;
/// The kernel's own size of a set of signals.
const SIGNAL_SET_BYTES: usize = 8;
const OOM_SCORE_FILE: &CStr = c"/proc/self/oom_score_adj";
/// Half of the scale: when memory runs out in the container, a program goes, not the guest.
pub const OOM_SCORE: &[u8] = b"500";

/// The guest's own user.
#[must_use]
pub fn own_uid() -> u32 {
    // SAFETY: can't fail.
    unsafe { libc::getuid() }
}

/// The guest's children, orphans that came to it included.
#[must_use]
pub fn children() -> Vec<i32> {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return Vec::new() };
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Sets which rights new files don't get; answers the mask before.
pub fn set_umask(mask: u32) -> u32 {
    // SAFETY: can't fail.
    unsafe { libc::umask(mask) }
}

/// From now on this thread reaches files as `uid` and `gid` do, with no more rights than theirs. Other threads do not.
///
/// # Errors
/// When the guest may not.
pub fn reach_files_as(uid: u32, gid: u32) -> io::Result<()> {
    // SAFETY: plain calls that touch this thread only. They tell the id before, not whether they worked,
    // which asking for an id that is none (and so changes nothing) does.
    unsafe {
        libc::setfsgid(gid);
        libc::setfsuid(uid);
        let (has_gid, has_uid) = (libc::setfsgid(u32::MAX), libc::setfsuid(u32::MAX));
        if has_gid.cast_unsigned() != gid || has_uid.cast_unsigned() != uid {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
    }
    Ok(())
}

/// Opens the folder `name` in `folder`, made when missing, and never what a symbolic link leads to.
///
/// # Errors
/// `NotADirectory` for a link or anything else that is no folder.
pub fn open_folder_in(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<OwnedFd> {
    let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_CLOEXEC;
    // SAFETY: plain calls; the descriptor is owned at once.
    unsafe {
        match check(libc::mkdirat(folder.as_raw_fd(), name.as_ptr(), 0o755)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        Ok(OwnedFd::from_raw_fd(check(libc::openat(folder.as_raw_fd(), name.as_ptr(), flags))?))
    }
}

/// Makes the file `name` in `folder`, readable by its owner only as yet.
///
/// # Errors
/// `AlreadyExists`, also for a symbolic link that leads nowhere.
pub fn create_file_in(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<File> {
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_NOFOLLOW | libc::O_CLOEXEC;
    // SAFETY: as above.
    unsafe { Ok(File::from_raw_fd(check(libc::openat(folder.as_raw_fd(), name.as_ptr(), flags, 0o600))?)) }
}

/// Renames within `folder`, unless `to` is there.
///
/// # Errors
/// `AlreadyExists`.
pub fn rename_new_in(folder: BorrowedFd<'_>, from: &CStr, to: &CStr) -> io::Result<()> {
    let folder = folder.as_raw_fd();
    // SAFETY: a plain call.
    let result = unsafe {
        libc::syscall(libc::SYS_renameat2, folder, from.as_ptr(), folder, to.as_ptr(), libc::RENAME_NOREPLACE)
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Removes the file `name` from `folder`.
///
/// # Errors
/// When it is not there, or a folder.
pub fn remove_file_in(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
    // SAFETY: a plain call.
    check(unsafe { libc::unlinkat(folder.as_raw_fd(), name.as_ptr(), 0) }).map(drop)
}
