//! The floor: a program on a PTY of this process, with nothing between.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result, bail};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{Winsize, openpty};
use nix::{libc, unistd};
use tempfile::TempDir;

use crate::terminal::Terminal;

/// Bytes read at once, as many as the product's guest takes.
const READ_SIZE: usize = 64 * 1024;

/// A program on a bare PTY. Dropped, the program is gone.
#[derive(Debug)]
pub struct Pty {
    master: File,
    child: Child,
    buffer: Vec<u8>,
    _home: TempDir,
}

impl Pty {
    /// A login shell in a home of its own, as the product starts one.
    pub fn shell() -> Result<Self> {
        let home = TempDir::with_prefix("berth-bench-")?;
        let mut command = Command::new("bash");
        command.arg("-l").current_dir(home.path()).env("HOME", home.path()).env("TERM", "xterm-256color");
        Self::spawn(command, home)
    }

    /// Any program, on the same.
    pub fn program(command: Command) -> Result<Self> {
        Self::spawn(command, TempDir::with_prefix("berth-bench-")?)
    }

    /// Waits until its program has ended by itself.
    pub fn end(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait()?)
    }

    fn spawn(mut command: Command, home: TempDir) -> Result<Self> {
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(Some(&size), None).context("no PTY")?;
        for end in [&pair.master, &pair.slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        }
        command.stdin(Stdio::from(pair.slave.try_clone()?));
        command.stdout(Stdio::from(pair.slave.try_clone()?));
        command.stderr(Stdio::from(pair.slave));
        // SAFETY: setsid and ioctl are async-signal-safe, and nothing is allocated.
        unsafe {
            command.pre_exec(|| {
                unistd::setsid()?;
                match libc::ioctl(0, libc::TIOCSCTTY, 0) {
                    0 => Ok(()),
                    _ => Err(std::io::Error::last_os_error()),
                }
            });
        }
        let child = command.spawn().context("the floor's program would not start")?;
        Ok(Self { master: File::from(pair.master), child, buffer: vec![0; READ_SIZE], _home: home })
    }
}

impl Terminal for Pty {
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.master.write_all(bytes)?)
    }

    fn receive(&mut self) -> Result<&[u8]> {
        match self.master.read(&mut self.buffer).context("the floor's program ended")? {
            0 => bail!("the floor's program ended"),
            length => Ok(&self.buffer[..length]),
        }
    }

    fn receive_ready(&mut self) -> Result<Option<&[u8]>> {
        self.receive().map(Some)
    }

    fn descriptor(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }

    fn set_read_size(&mut self, bytes: usize) {
        self.buffer.resize(bytes, 0);
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Errors mean that it is gone already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
