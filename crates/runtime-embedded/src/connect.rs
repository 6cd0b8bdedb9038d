//! The way to a guest: its Unix socket, reached from the host without trusting what the container
//! may have put in its place.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::time::Duration;

use protocol::guest::{DIRECTORY, EXIT_FILE, ExitRecord, SOCKET_FILE};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::guest_stream::GuestStream;
use crate::identity::Identity;

/// How long the guest's queue may be full before it counts as not listening.
const LIMIT: Duration = Duration::from_secs(5);
/// The most that is read of what a guest left; its record is some thirty bytes.
const LARGEST_RECORD: u64 = 4096;

/// Where in a container the guest's private directory is mounted.
///
/// It belongs to the server's id, so that the server may enter it. Where programs have that id too it is
/// mounted one deeper, in a directory that only the container's root may pass.
pub(crate) fn directory_inside(identity: Identity) -> String {
    if identity.user_is_the_server() { format!("{DIRECTORY}/private") } else { DIRECTORY.to_owned() }
}

/// Connects to the socket in the guest's private directory `directory`.
///
/// The directory is the container's to change, so the socket is opened without following a symlink
/// and connected to by descriptor: what is connected to is what was looked at. This also keeps the
/// path short enough for a socket address, however long the data directory's is.
pub(crate) async fn connect(directory: &Path) -> io::Result<GuestStream> {
    let socket = locate(&directory.join(SOCKET_FILE))?;
    let path = format!("/proc/self/fd/{}", socket.as_raw_fd());
    if !std::fs::metadata(&path)?.file_type().is_socket() {
        return Err(io::Error::other("the guest's socket is no socket"));
    }
    let connected = timeout(LIMIT, UnixStream::connect(&path)).await;
    GuestStream::new(connected.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??)
}

/// What the guest wrote when it ended by itself, if it did and it makes sense.
pub(crate) fn exit_record(directory: &Path) -> Option<ExitRecord> {
    use std::io::Read as _;
    use std::os::unix::fs::OpenOptionsExt;
    let file = std::fs::File::options()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(directory.join(EXIT_FILE))
        .ok()?;
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() || metadata.size() > LARGEST_RECORD {
        return None;
    }
    let mut text = Vec::new();
    file.take(LARGEST_RECORD).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

fn locate(path: &Path) -> io::Result<OwnedFd> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = libc::O_PATH | libc::O_NOFOLLOW | libc::O_CLOEXEC;
    Ok(std::fs::File::options().read(true).custom_flags(flags).open(path)?.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_socket_is_reached_by_a_path_longer_than_an_address() {
        let directory = tempfile::tempdir().unwrap();
        let long = directory.path().join("d".repeat(120));
        std::fs::create_dir(&long).unwrap();
        let listener = {
            let descriptor = locate(&long).unwrap();
            let path = format!("/proc/self/fd/{}/{SOCKET_FILE}", descriptor.as_raw_fd());
            tokio::net::UnixListener::bind(path).unwrap()
        };
        let (connected, accepted) = tokio::join!(connect(&long), listener.accept());
        assert!(connected.is_ok() && accepted.is_ok());
    }

    #[tokio::test]
    async fn a_symlink_in_place_of_the_socket_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let other = directory.path().join("other.sock");
        let _listener = tokio::net::UnixListener::bind(&other).unwrap();
        std::os::unix::fs::symlink(&other, directory.path().join(SOCKET_FILE)).unwrap();
        assert!(connect(directory.path()).await.is_err());
    }

    #[test]
    fn a_record_that_is_a_symlink_or_a_pipe_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(EXIT_FILE);
        let record = ExitRecord { code: 3, requested: false };
        std::fs::write(directory.path().join("real"), serde_json::to_vec(&record).unwrap()).unwrap();
        std::os::unix::fs::symlink("real", &path).unwrap();
        assert_eq!(exit_record(directory.path()), None);
        std::fs::remove_file(&path).unwrap();
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(exit_record(directory.path()), None);
        std::fs::remove_file(&path).unwrap();
        std::fs::rename(directory.path().join("real"), &path).unwrap();
        assert_eq!(exit_record(directory.path()), Some(record));
    }
}
