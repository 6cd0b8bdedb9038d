//! How much of the server one peer may hold: connections an address, and time over taking an answer.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::auth::one_of;

/// Connections of one address at once, those that became sockets not counted. A browser has six; a company behind
/// one address, many of them.
const MOST_OF_ONE: usize = 256;
/// How long a peer may take nothing of an answer.
const WRITE_LIMIT: Duration = Duration::from_secs(60);

/// How many connections each address has. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection, counted until it is dropped.
#[derive(Debug)]
pub(super) struct Counted {
    addresses: Addresses,
    address: IpAddr,
}

impl Addresses {
    /// Counts one more of `address`; none when it has its most.
    pub(super) fn count(&self, address: IpAddr) -> Option<Counted> {
        let address = one_of(address);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_insert(0);
        if *count >= MOST_OF_ONE {
            return None;
        }
        *count += 1;
        Some(Counted { addresses: self.clone(), address })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// A stream that fails when its peer takes nothing of what is written for [`WRITE_LIMIT`].
pub(super) struct Patient<S> {
    stream: S,
    /// While a write waits.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, timer: None }
    }

    /// The stream, which waits as long as it likes from now on.
    pub(super) fn into_inner(self) -> S {
        self.stream
    }

    fn limited<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(&mut S, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match write(&mut self.stream, cx) {
            Poll::Ready(outcome) => {
                self.timer = None;
                Poll::Ready(outcome)
            }
            Poll::Pending => {
                let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(WRITE_LIMIT)));
                timer.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.limited(cx, |stream, cx| Pin::new(stream).poll_write(cx, buf))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.limited(cx, |stream, cx| Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.limited(cx, |stream, cx| Pin::new(stream).poll_shutdown(cx))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.limited(cx, |stream, cx| Pin::new(stream).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[test]
    fn an_address_has_its_most_and_another_has_its_own() {
        let addresses = Addresses::default();
        let (busy, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let mut held: Vec<_> = (0..MOST_OF_ONE).map(|_| addresses.count(busy).expect("room")).collect();
        assert!(addresses.count(busy).is_none());
        assert!(addresses.count(other).is_some());
        held.pop();
        held.extend(addresses.count(busy));
        assert_eq!(held.len(), MOST_OF_ONE);
        held.clear();
        assert!(addresses.0.lock().expect("no panic").is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up_and_a_slow_one_is_not() {
        let (stream, mut peer) = tokio::io::duplex(64);
        let mut stream = Patient::new(stream);
        let slow = async {
            let mut buffer = [0; 64];
            for _ in 0..10 {
                tokio::time::advance(WRITE_LIMIT / 2).await;
                tokio::io::AsyncReadExt::read_exact(&mut peer, &mut buffer).await.expect("written");
            }
        };
        let (written, ()) = tokio::join!(stream.write_all(&[0; 640]), slow);
        written.expect("a slow peer is waited for");
        let error = stream.write_all(&[0; 640]).await.expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(peer);
    }
}
