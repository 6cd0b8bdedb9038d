//! Connections: taken in, watched, and ended in good time.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use runtime::ByteStream;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use super::patience::{Addresses, Patient};
use super::router;
use crate::app::App;
use crate::shutdown::Shutdown;

/// Connections at once, those that became sockets not counted. More wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 1024;
/// How long a client may take over a request's head, and a connection idle between two requests.
const HEAD_LIMIT: Duration = Duration::from_secs(30);
/// Headers of a request. A browser sends some twenty.
const MAX_HEADERS: usize = 64;
/// The largest head, and the read buffer of a connection, bytes.
const MAX_HEAD: usize = 64 * 1024;
/// A connection that has been silent so long is asked whether the other end still lives, again and again
/// at the interval; after the last unanswered time it ends. A closed laptop is noticed within a minute.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_RETRIES: u32 = 3;
/// How long a client may take over TLS's handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// How long to leave `accept` alone when the process is out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long requests under way at shutdown may take to end.
const DRAIN_LIMIT: Duration = Duration::from_secs(3);

/// The other end of a request's connection, in its extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Serves `app` on `listener`, over TLS if there is an `acceptor`, until its shutdown begins, then until what was
/// under way has ended or the limit is over.
///
/// Every connection is served by hyper's HTTP/1 directly on [`PlainStream`] or [`TlsStream`], which are therefore
/// what `hyper::upgrade::Upgraded::downcast` finds beneath a socket.
pub async fn serve(listener: TcpListener, acceptor: Option<TlsAcceptor>, app: App) {
    serve_router(listener, acceptor, router(app.clone()), app).await;
}

/// The same with the `router` of `app`, which takes a while to make.
pub async fn serve_router(listener: TcpListener, acceptor: Option<TlsAcceptor>, router: Router, app: App) {
    let shutdown = app.shutdown.clone();
    let proxies = app.config.trusted_proxies.clone();
    drop(app);
    let connections = TaskTracker::new();
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let addresses = Addresses::default();
    while let Some((stream, peer, permit)) = next_connection(&listener, &permits, &shutdown).await {
        // A proxy's connections are many people's.
        let is_proxy = proxies.iter().any(|network| network.contains(&peer.ip().to_canonical()));
        let counted = addresses.count(peer.ip());
        if counted.is_none() && !is_proxy {
            tracing::debug!(%peer, "an address has too many connections");
            continue;
        }
        let connection = connection(stream, acceptor.clone(), peer, router.clone(), shutdown.clone());
        connections.spawn(async move {
            connection.await;
            drop((permit, counted));
        });
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(DRAIN_LIMIT, connections.wait()).await.is_err() {
        tracing::warn!(count = connections.len(), "connections were cut at shutdown");
    }
}

/// What is beneath a connection's HTTP, with TLS and without.
type PlainStream = TokioIo<Patient<TcpStream>>;
type TlsStream = TokioIo<Patient<Box<tokio_rustls::server::TlsStream<TcpStream>>>>;

/// The raw stream of an upgraded connection, without HTTP's buffers and limits around it, and what was read from it
/// too far.
///
/// # Errors
/// `upgraded` itself when it is no connection of this server's.
pub fn raw_stream(upgraded: Upgraded) -> Result<(Box<dyn ByteStream>, Bytes), Upgraded> {
    let upgraded = match upgraded.downcast::<PlainStream>() {
        Ok(parts) => return Ok((Box::new(parts.io.into_inner().into_inner()), parts.read_buf)),
        Err(upgraded) => upgraded,
    };
    let parts = upgraded.downcast::<TlsStream>()?;
    Ok((parts.io.into_inner().into_inner(), parts.read_buf))
}

/// The next connection, when there is room for it; none once shutdown has begun.
async fn next_connection(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
    shutdown: &Shutdown,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    loop {
        let accept = async {
            let permit = Arc::clone(permits).acquire_owned().await.ok()?;
            Some((listener.accept().await, permit))
        };
        let (accepted, permit) = tokio::select! {
            () = shutdown.begun() => return None,
            accepted = accept => accepted?,
        };
        match accepted {
            Ok((stream, peer)) => return Some((stream, peer, permit)),
            Err(error) if is_of_the_connection(&error) => tracing::debug!(%error, "a connection ended before it began"),
            Err(error) => {
                tracing::error!(%error, "connections can't be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    peer: SocketAddr,
    router: Router,
    shutdown: Shutdown,
) {
    if let Err(error) = tune(&stream) {
        tracing::debug!(%error, "a connection could not be tuned");
    }
    let Some(acceptor) = acceptor else {
        return serve_connection(TokioIo::new(Patient::new(stream)), peer, router, shutdown).await;
    };
    match tokio::time::timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => serve_connection(TokioIo::new(Patient::new(Box::new(stream))), peer, router, shutdown).await,
        Ok(Err(error)) => tracing::debug!(%error, "a connection came to no TLS"),
        Err(_) => tracing::debug!("a connection took too long over TLS"),
    }
}

async fn serve_connection<S>(stream: S, peer: SocketAddr, router: Router, shutdown: Shutdown)
where
    S: hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
{
    let service = router.map_request(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        request
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .serve_connection(stream, TowerToHyperService::new(service))
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = shutdown.begun() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection failed");
    }
}

/// Keys are sent one at a time and must leave at once; an end that has gone must be noticed.
fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive =
        TcpKeepalive::new().with_time(KEEPALIVE_IDLE).with_interval(KEEPALIVE_INTERVAL).with_retries(KEEPALIVE_RETRIES);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}
