//! The way to a guest: its Unix socket in a directory that this host and the container share. Nothing of the
//! container's network is used, so it needs none, and no other container's programs can get there.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use nix::fcntl::OFlag;
use protocol::ContainerId;
use protocol::guest::SOCKET_FILE;
use runtime::{ByteStream, RuntimeError};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::Inner;
use crate::record::Directory;
use crate::state::Phase;

/// How long the engine may take to say where the container is, before our own record is taken for it. Well below what
/// those who ask the guest give to all of it.
const LOOK_LIMIT: Duration = Duration::from_secs(1);
/// How long the guest's queue may be full before it counts as not listening.
const LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn run(inner: &Inner, id: &ContainerId) -> Result<Box<dyn ByteStream>, RuntimeError> {
    let not_running = || RuntimeError::NotRunning(id.clone());
    let late = RuntimeError::Timeout { what: "looking at a container", seconds: LOOK_LIMIT.as_secs() };
    let directory = match timeout(LOOK_LIMIT, inner.find(id)).await.unwrap_or(Err(late)) {
        Ok(seen) if seen.phase == Phase::Running => inner.directory(&seen.session),
        Ok(seen) if seen.phase == Phase::Paused => {
            let detail = format!("container {id} is paused; start it to go on");
            return Err(RuntimeError::Unavailable { detail });
        }
        Ok(_) => return Err(not_running()),
        // The engine being away, or hanging, ends no container, and its terminals need not wait for it.
        Err(error @ (RuntimeError::Unavailable { .. } | RuntimeError::Timeout { .. })) => {
            recorded(inner, id).ok_or(error)?
        }
        Err(error) => return Err(error),
    };
    match open(&directory.run()).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => {
            tracing::debug!(container = %id, %error, "the guest doesn't listen");
            Err(not_running())
        }
    }
}

/// The directory of a container that the engine can't be asked about.
fn recorded(inner: &Inner, id: &ContainerId) -> Option<Directory> {
    let all = Directory::all(&inner.options.directory).ok()?;
    let has_it = |directory: &Directory| directory.record().ok().flatten().is_some_and(|r| r.id.as_ref() == Some(id));
    all.into_iter().map(|(_, directory)| directory).find(has_it)
}

/// Connects to the socket in a directory that is the container's to change: what is connected to is what was looked
/// at, no link is followed, and the path is short enough for a socket address.
async fn open(directory: &Path) -> io::Result<UnixStream> {
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW;
    let socket: OwnedFd =
        File::options().read(true).custom_flags(flags.bits()).open(directory.join(SOCKET_FILE))?.into();
    let path = format!("/proc/self/fd/{}", socket.as_raw_fd());
    if !std::fs::metadata(&path)?.file_type().is_socket() {
        return Err(io::Error::other("the guest's socket is no socket"));
    }
    timeout(LIMIT, UnixStream::connect(&path)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}
