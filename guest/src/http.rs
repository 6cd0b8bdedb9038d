//! The guest's socket: accepting, checking the token, and passing each request to its route.

mod callback;
mod respond;
mod routes;
mod socket;
mod upload;

use std::convert::Infallible;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use protocol::guest::Listen;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_local;

use crate::Guest;
use respond::{Answer, problem};

/// The longest head of a request, bytes.
const MAX_HEAD: usize = 16 * 1024;
/// How long a client may take to send its head.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// Connections that speak HTTP at once; more wait to be accepted. Terminals' sockets don't count.
const MAX_CONNECTIONS: usize = 128;
/// Rest after a failed accept, most likely for want of descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// What the guest listens on.
pub enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl Listener {
    /// Listens. A Unix socket that is there already is replaced, and only who owns its directory may connect.
    ///
    /// # Errors
    /// When the address is taken or the path can't be written.
    pub async fn bind(listen: &Listen) -> std::io::Result<Self> {
        match listen {
            Listen::Unix(path) => {
                match std::fs::remove_file(path) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
                let old = crate::sys::set_umask(0o177);
                let bound = UnixListener::bind(path);
                crate::sys::set_umask(old);
                let listener = bound?;
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
                give_to_owner_of_directory(Path::new(path))?;
                Ok(Self::Unix(listener))
            }
            Listen::Tcp(address) => TcpListener::bind(address).await.map(Self::Tcp),
        }
    }

    /// Serves for as long as the guest lives.
    pub async fn serve(self, guest: Rc<Guest>) {
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            let accepted = match &self {
                Self::Unix(listener) => listener.accept().await.map(|(stream, _)| {
                    spawn_local(speak(Rc::clone(&guest), stream, permit));
                }),
                Self::Tcp(listener) => listener.accept().await.and_then(|(stream, _)| {
                    stream.set_nodelay(true)?;
                    spawn_local(speak(Rc::clone(&guest), stream, permit));
                    Ok(())
                }),
            };
            if let Err(error) = accepted {
                eprintln!("berth-guest: can't accept: {error}");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

/// Gives the socket to whoever owns the directory it is in: the server, which may have another id than the
/// guest.
fn give_to_owner_of_directory(socket: &Path) -> std::io::Result<()> {
    let Some(directory) = socket.parent() else { return Ok(()) };
    let (directory, own) = (directory.metadata()?, socket.symlink_metadata()?);
    if directory.uid() == own.uid() {
        return Ok(());
    }
    lchown(socket, Some(directory.uid()), Some(directory.gid()))
}

async fn speak<S>(guest: Rc<Guest>, stream: S, permit: OwnedSemaphorePermit)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |request| {
        let guest = Rc::clone(&guest);
        async move { Ok::<_, Infallible>(answer(guest, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    // A client that breaks off or speaks no HTTP has its answer already, or wants none.
    let _ = connection.await;
    drop(permit);
}

async fn answer(guest: Rc<Guest>, request: Request<Incoming>) -> Answer {
    let presented = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = presented.and_then(|value| value.strip_prefix("Bearer "));
    if token.is_some_and(|token| guest.config.token.matches(token)) {
        routes::route(guest, request).await
    } else {
        problem(StatusCode::UNAUTHORIZED, "the token is missing or wrong").answer()
    }
}
