//! The way from `berth admin` to the server that runs on the same data directory: a Unix socket in it, which only
//! the server's own user and root may use, with one line of JSON each way.
//!
//! It needs nobody to be signed in, no address and no certificate, and leaves no token behind.

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::backend::{Access, Actor, Operations};
use app::model::account::Role;
use app::model::error::{ApiError, ErrorCode};
use app::model::operations::{Reconcile, Reconciled};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::shutdown::Shutdown;

/// The socket's name in the data directory.
const SOCKET: &str = "control.sock";
/// The longest order, bytes. An order is some fifty.
const MAX_ORDER: u64 = 4096;
/// How long whoever connects may take over their order, and over reading their answer.
const TALK_LIMIT: Duration = Duration::from_secs(5);
/// How long a server that has just taken the data directory may take until it listens: it migrates a database and
/// looks at the kernel first.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const CONNECT_POLL: Duration = Duration::from_millis(50);
/// How long an order may take: a container's removal is given up after a minute, and there may be several.
const ANSWER_LIMIT: Duration = Duration::from_secs(600);
/// How long to leave `accept` alone when the process is out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the command line may ask of a running server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    Reconcile(Reconcile),
}

type Answer = Result<Reconciled, ApiError>;

/// Why a running server did not obey.
#[derive(Debug, Error)]
pub enum ControlError {
    /// Something has the data directory and does not listen.
    #[error("the data directory {} is in use, but nothing answers there: {cause}", directory.display())]
    Silent { directory: PathBuf, cause: io::Error },
    /// It broke off, or answered what this version doesn't know.
    #[error("the server's answer can't be read: {0}")]
    Answer(String),
    /// It took longer than its limit. It may still happen.
    #[error("the server took longer than {} s", ANSWER_LIMIT.as_secs())]
    TookTooLong,
}

/// Whoever is at the server's own command line.
#[must_use]
pub fn command_line() -> Actor {
    Actor { role: Role::Admin, access: Access::CommandLine, ..Actor::person("") }
}

/// Listens in `data_dir`, which must be this server's: a socket that another left there is replaced.
///
/// # Errors
/// When the socket can't be made.
pub fn listen(data_dir: &Path) -> io::Result<UnixListener> {
    let path = data_dir.join(SOCKET);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let directory = open(data_dir)?;
    let listener = UnixListener::bind(short_path(&directory))?;
    fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Obeys whoever connects, one after the other, until `shutdown`.
pub async fn serve(listener: UnixListener, operations: Arc<dyn Operations>, shutdown: Shutdown) {
    loop {
        let connection = tokio::select! {
            () = shutdown.begun() => return,
            accepted = listener.accept() => accepted,
        };
        let talk = async {
            match connection {
                Ok((stream, _)) => {
                    if let Err(error) = obey(stream, &*operations).await {
                        tracing::warn!(%error, "an order on the control socket broke off");
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the control socket can't accept");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        };
        tokio::select! {
            () = shutdown.begun() => return,
            () = talk => {}
        }
    }
}

async fn obey(stream: UnixStream, operations: &dyn Operations) -> io::Result<()> {
    let user = stream.peer_cred()?.uid();
    if user != nix::unistd::geteuid().as_raw() && user != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("user {user} may not use it")));
    }
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    timeout(TALK_LIMIT, (&mut stream).take(MAX_ORDER).read_line(&mut line)).await??;
    let answer: Answer = match serde_json::from_str(&line) {
        Ok(Order::Reconcile(how)) => operations.reconcile(&command_line(), how).await,
        Err(error) => {
            Err(ApiError::new(ErrorCode::ValidationError, format!("The server knows no such order: {error}.")))
        }
    };
    let mut line = serde_json::to_string(&answer)?;
    line.push('\n');
    timeout(TALK_LIMIT, stream.get_mut().write_all(line.as_bytes())).await?
}

/// Asks the server that has `data_dir`.
///
/// # Errors
/// See [`ControlError`]; within it, what the server answered.
pub async fn ask(data_dir: &Path, order: &Order) -> Result<Answer, ControlError> {
    let silent = |cause| ControlError::Silent { directory: data_dir.to_owned(), cause };
    let unreadable = |error: io::Error| ControlError::Answer(error.to_string());
    let stream = connect(data_dir).await.map_err(silent)?;
    let mut stream = BufReader::new(stream);
    let mut line = serde_json::to_string(order).map_err(|error| ControlError::Answer(error.to_string()))?;
    line.push('\n');
    stream.get_mut().write_all(line.as_bytes()).await.map_err(unreadable)?;
    let mut answer = String::new();
    let read = timeout(ANSWER_LIMIT, stream.read_line(&mut answer)).await.map_err(|_| ControlError::TookTooLong)?;
    read.map_err(unreadable)?;
    serde_json::from_str(&answer).map_err(|error| ControlError::Answer(error.to_string()))
}

/// Connects; again until the limit, for a server that has just begun does not listen yet.
async fn connect(data_dir: &Path) -> io::Result<UnixStream> {
    let until = Instant::now() + CONNECT_LIMIT;
    loop {
        let directory = open(data_dir)?;
        let connecting = timeout_at(until, UnixStream::connect(short_path(&directory)));
        match connecting.await.unwrap_or(Err(io::ErrorKind::TimedOut.into())) {
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
                    && Instant::now() < until =>
            {
                sleep(CONNECT_POLL).await;
            }
            outcome => return outcome,
        }
    }
}

fn open(directory: &Path) -> io::Result<fs::File> {
    OpenOptions::new().read(true).custom_flags(libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC).open(directory)
}

/// A path to the socket that fits a socket's address, however long the directory's own is.
fn short_path(directory: &fs::File) -> PathBuf {
    format!("/proc/self/fd/{}/{SOCKET}", directory.as_raw_fd()).into()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[tokio::test]
    async fn the_socket_is_its_owners_alone_replaces_an_old_one_and_has_a_path_of_any_length() {
        let parent = tempfile::tempdir().expect("a directory");
        let long = parent.path().join("d".repeat(200));
        fs::create_dir(&long).expect("a directory");
        drop(listen(&long).expect("a socket"));
        let listener = listen(&long).expect("another in its place");
        assert_eq!(fs::metadata(long.join(SOCKET)).expect("a socket").mode() & 0o777, 0o600);
        let (connected, accepted) = tokio::join!(connect(&long), listener.accept());
        assert!(connected.is_ok() && accepted.is_ok());
    }
}
