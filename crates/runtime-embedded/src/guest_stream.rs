//! The stream to a guest: a Unix socket that waits for room only when there was none.
//!
//! Tokio's own waits for both directions at once, and a Unix socket tells of room each time its peer has
//! read. So every key that is typed would wake the server a second time, for nothing, just when the
//! guest is to answer; on two processors that is felt.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

/// See the module.
#[derive(Debug)]
pub(crate) struct GuestStream {
    socket: AsyncFd<UnixStream>,
    /// The same socket, waiting for room; only while there is none.
    full: Option<AsyncFd<UnixStream>>,
}

impl GuestStream {
    /// Takes a connected socket over.
    pub(crate) fn new(socket: tokio::net::UnixStream) -> io::Result<Self> {
        let socket = register(socket.into_std()?, Interest::READABLE)?;
        Ok(Self { socket, full: None })
    }
}

fn register(socket: UnixStream, interest: Interest) -> io::Result<AsyncFd<UnixStream>> {
    // SAFETY: a `UnixStream` owns its one descriptor, and keeps it open until it is dropped.
    unsafe { AsyncFd::register_with_interest(socket, interest) }.map_err(io::Error::from)
}

impl AsyncRead for GuestStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut ready = ready!(self.socket.poll_read_ready(cx))?;
            let room = buffer.initialize_unfilled();
            match ready.try_io(|socket| socket.get_ref().read(room)) {
                Ok(Ok(count)) => {
                    // Less than there was room for: all that had come is read, and what comes next is told of.
                    if (1..room.len()).contains(&count) {
                        ready.clear_ready();
                    }
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Ok(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_would_block) => {}
            }
        }
    }
}

impl AsyncWrite for GuestStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let Some(full) = &self.full else {
                match self.socket.get_ref().write(bytes) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    outcome => return Poll::Ready(outcome),
                }
                let socket = self.socket.get_ref().try_clone()?;
                self.full = Some(register(socket, Interest::WRITABLE)?);
                continue;
            };
            let mut room = ready!(full.poll_write_ready(cx))?;
            match room.try_io(|socket| socket.get_ref().write(bytes)) {
                Ok(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
                Ok(outcome) => {
                    self.full = None;
                    return Poll::Ready(outcome);
                }
                Err(_would_block) => {}
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.socket.get_ref().shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn every_byte_arrives_though_the_socket_fills_up_again_and_again() {
        let (ours, theirs) = tokio::net::UnixStream::pair().unwrap();
        let (mut ours, mut theirs) = (GuestStream::new(ours).unwrap(), GuestStream::new(theirs).unwrap());
        let sent: Vec<u8> = (0..2_000_000_u32).flat_map(u32::to_le_bytes).collect();
        let expected = sent.clone();
        let writer = tokio::spawn(async move {
            ours.write_all(&sent).await.unwrap();
            ours.shutdown().await.unwrap();
            let mut answer = Vec::new();
            ours.read_to_end(&mut answer).await.unwrap();
            answer
        });
        let mut received = Vec::new();
        theirs.read_to_end(&mut received).await.unwrap();
        assert!(received == expected);
        theirs.write_all(b"heard").await.unwrap();
        drop(theirs);
        assert_eq!(writer.await.unwrap(), b"heard");
    }

    #[tokio::test]
    async fn a_peer_that_is_gone_is_told_to_reader_and_writer() {
        let (ours, theirs) = tokio::net::UnixStream::pair().unwrap();
        let mut ours = GuestStream::new(ours).unwrap();
        drop(theirs);
        assert_eq!(ours.read(&mut [0; 8]).await.unwrap(), 0);
        assert_eq!(ours.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    }
}
