//! The copying between a browser's socket and a guest's.
//!
//! One future drives both directions. Bytes go from a read straight into a write, through a buffer that
//! each worker thread has once: an idle terminal holds none. Only what a full socket refuses is kept,
//! at most one buffer a direction, and nothing more is read on that side until it is gone, so that
//! a slow browser is felt by the guest's flow control and not by the server's memory.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use runtime::ByteStream;
use tokio::io::ReadBuf;

use crate::terminal::boundary::Boundary;

/// The longest read, bytes: a guest's longest frame with its header fits.
const BUFFER: usize = protocol::frame::MAX_OUTPUT_FRAME + 4096;
/// Reads in a row before other tasks get their turn.
const READS_A_TURN: usize = 32;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; BUFFER]);
}

/// How a tunnel ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The browser hung up, or its socket failed.
    Browser,
    /// The guest hung up, or its socket failed.
    Guest,
}

/// Both sockets, after both handshakes.
pub(super) struct Tunnel {
    pub browser: Box<dyn ByteStream>,
    pub guest: Box<dyn ByteStream>,
    /// Where the guest's frames end.
    pub boundary: Boundary,
    to_guest: Kept,
    to_browser: Kept,
}

/// Bytes that a full socket refused.
#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    written: usize,
}

impl Tunnel {
    /// A tunnel that begins with what each side had sent beyond its handshake.
    pub fn new(
        browser: Box<dyn ByteStream>,
        from_browser: &[u8],
        guest: Box<dyn ByteStream>,
        from_guest: &[u8],
    ) -> Self {
        let mut boundary = Boundary::default();
        boundary.advance(from_guest);
        let kept = |bytes: &[u8]| Kept { bytes: bytes.to_vec(), written: 0 };
        Self { browser, guest, boundary, to_guest: kept(from_browser), to_browser: kept(from_guest) }
    }

    /// Copies both ways until one side ends. Dropping the future loses nothing: what was read and not
    /// yet written stays in `self`.
    pub async fn copy(&mut self) -> End {
        poll_fn(|cx| self.poll_copy(cx)).await
    }

    /// Copies to the browser up to the end of the frame under way, so that a close frame may follow.
    ///
    /// # Errors
    /// When either socket fails or ends first.
    pub async fn finish_frame(&mut self) -> io::Result<()> {
        poll_fn(|cx| {
            ready!(self.to_browser.poll_flush(cx, &mut *self.browser))?;
            while !self.boundary.is_between() {
                let limit = usize::try_from(self.boundary.to_end()).unwrap_or(BUFFER);
                let boundary = &mut self.boundary;
                let moved = ready!(poll_move(
                    cx,
                    &mut *self.guest,
                    &mut *self.browser,
                    &mut self.to_browser,
                    limit,
                    |bytes| {
                        boundary.advance(bytes);
                    }
                ))?;
                if moved == 0 {
                    return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                }
                ready!(self.to_browser.poll_flush(cx, &mut *self.browser))?;
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    fn poll_copy(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        let boundary = &mut self.boundary;
        let outward = poll_direction(cx, &mut *self.guest, &mut *self.browser, &mut self.to_browser, |bytes| {
            boundary.advance(bytes)
        });
        if let Poll::Ready(failed) = outward {
            return Poll::Ready(match failed {
                Side::Reader => End::Guest,
                Side::Writer => End::Browser,
            });
        }
        let inward = poll_direction(cx, &mut *self.browser, &mut *self.guest, &mut self.to_guest, |_| {});
        inward.map(|failed| match failed {
            Side::Reader => End::Browser,
            Side::Writer => End::Guest,
        })
    }
}

/// Which end of a direction is over.
enum Side {
    Reader,
    Writer,
}

/// Moves bytes one way until one of the two would block; ready only when one of them is over.
fn poll_direction(
    cx: &mut Context<'_>,
    reader: &mut dyn ByteStream,
    writer: &mut dyn ByteStream,
    kept: &mut Kept,
    mut saw: impl FnMut(&[u8]),
) -> Poll<Side> {
    for _ in 0..READS_A_TURN {
        match ready!(kept.poll_flush(cx, writer)) {
            Ok(()) => {}
            Err(_) => return Poll::Ready(Side::Writer),
        }
        match ready!(poll_move(cx, reader, writer, kept, BUFFER, &mut saw)) {
            Ok(0) | Err(_) => return Poll::Ready(Side::Reader),
            Ok(_) => {}
        }
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// One read of at most `limit` bytes, shown to `saw` and written as far as the writer takes it; the rest
/// is kept. A writer that fails is found out by the next flush. Answers what was read, 0 at the end.
fn poll_move(
    cx: &mut Context<'_>,
    reader: &mut dyn ByteStream,
    writer: &mut dyn ByteStream,
    kept: &mut Kept,
    limit: usize,
    mut saw: impl FnMut(&[u8]),
) -> Poll<io::Result<usize>> {
    SCRATCH.with_borrow_mut(|scratch| {
        let limit = limit.min(scratch.len());
        let mut buffer = ReadBuf::new(&mut scratch[..limit]);
        ready!(Pin::new(reader).poll_read(cx, &mut buffer))?;
        let read = buffer.filled();
        saw(read);
        let written = match Pin::new(writer).poll_write(cx, read) {
            Poll::Ready(Ok(written)) => written,
            Poll::Ready(Err(_)) | Poll::Pending => 0,
        };
        kept.bytes.extend_from_slice(&read[written..]);
        Poll::Ready(Ok(read.len()))
    })
}

impl Kept {
    fn poll_flush(&mut self, cx: &mut Context<'_>, writer: &mut dyn ByteStream) -> Poll<io::Result<()>> {
        while self.written < self.bytes.len() {
            match ready!(Pin::new(&mut *writer).poll_write(cx, &self.bytes[self.written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
        }
        // Freed, not only emptied: an idle terminal keeps no buffer.
        if !self.bytes.is_empty() {
            *self = Self::default();
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    fn tunnel(size: usize, from_guest: &[u8]) -> (Tunnel, tokio::io::DuplexStream, tokio::io::DuplexStream) {
        let (browser, browser_end) = duplex(size);
        let (guest, guest_end) = duplex(size);
        (Tunnel::new(Box::new(browser), b"early", Box::new(guest), from_guest), browser_end, guest_end)
    }

    #[tokio::test]
    async fn every_byte_arrives_in_order_through_sockets_that_fill_up() {
        let (mut tunnel, mut browser, mut guest) = tunnel(1000, &[]);
        let sent: Vec<u8> = (0..300_000u32).flat_map(u32::to_le_bytes).collect();
        let expected = sent.clone();
        let copy = tokio::spawn(async move { tunnel.copy().await });
        let writer = tokio::spawn(async move {
            guest.write_all(&sent).await.expect("write");
            guest
        });
        let mut received = vec![0; expected.len()];
        browser.read_exact(&mut received).await.expect("read");
        assert!(received == expected);
        let mut guest = writer.await.expect("writer");
        let mut early = [0; 5];
        guest.read_exact(&mut early).await.expect("early");
        assert_eq!(&early, b"early");
        drop(guest);
        assert_eq!(copy.await.expect("copy"), End::Guest);
    }

    #[tokio::test]
    async fn a_browser_that_hangs_up_ends_it() {
        let (mut tunnel, browser, _guest) = tunnel(1000, &[]);
        drop(browser);
        assert_eq!(tunnel.copy().await, End::Browser);
    }

    #[tokio::test]
    async fn a_frame_under_way_is_finished_and_the_next_one_left() {
        let (mut tunnel, mut browser, mut guest) = tunnel(1000, &[0x82, 4, b'a']);
        guest.write_all(b"bcd\x82\x01z").await.expect("write");
        tunnel.finish_frame().await.expect("finish");
        let mut received = [0; 6];
        browser.read_exact(&mut received).await.expect("read");
        assert_eq!(&received, b"\x82\x04abcd");
        drop(tunnel);
        assert_eq!(browser.read(&mut received).await.expect("end"), 0);
    }
}
