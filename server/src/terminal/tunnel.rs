//! The copying between a browser's socket and a guest's.
//!
//! One future drives both directions. Bytes go from a read straight into a write, through a buffer that
//! each worker thread has once: an idle terminal holds none. Only what a full socket refuses is kept,
//! at most one buffer a direction, and nothing more is read on that side until it is gone, so that
//! a slow browser is felt by the guest's flow control and not by the server's memory.

use std::cell::RefCell;
use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use runtime::ByteStream;
use tokio::io::ReadBuf;
use tokio::time::Sleep;

use crate::metrics::Traffic;
use crate::terminal::boundary::Boundary;

/// The longest read, bytes: a guest's longest frame with its header fits.
const BUFFER: usize = protocol::frame::MAX_OUTPUT_FRAME + 4096;
/// How long a guest may take nothing of what was typed. It buffers hundreds of KiB for a program that doesn't
/// read, so one that takes nothing for so long is stopped or stuck.
const STALL_LIMIT: Duration = Duration::from_secs(60);
/// How long the last words of a guest that takes no more may need to go out.
const DEAF_LIMIT: Duration = Duration::from_secs(5);
/// A terminal that has said nothing for so long is quiet.
const QUIET: Duration = Duration::from_millis(200);
/// How often an echo is timed, at most.
const ECHO_EVERY: Duration = Duration::from_secs(1);
/// What comes later than this was no echo.
const LONGEST_ECHO: Duration = Duration::from_secs(1);
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
    /// The guest takes no more; what it has still said goes out.
    is_guest_deaf: bool,
    /// How many bytes were left for the guest when the wait for it began, and when that is over. None while
    /// nothing waits, so that an idle terminal has no timer.
    stall: Option<(usize, Pin<Box<Sleep>>)>,
    /// What passes, for whoever counts it.
    meter: Option<Meter>,
}

/// Counts what passes, and times an echo now and then.
struct Meter {
    traffic: Traffic,
    /// When the guest said something last.
    spoke: Instant,
    /// When a key came into a quiet terminal, until the next output.
    key: Option<Instant>,
    /// When an echo was timed last.
    timed: Option<Instant>,
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
        Self {
            browser,
            guest,
            boundary,
            to_guest: kept(from_browser),
            to_browser: kept(from_guest),
            is_guest_deaf: false,
            stall: None,
            meter: None,
        }
    }

    /// The same, with what passes counted.
    pub fn counted(self, traffic: Traffic) -> Self {
        Self { meter: Some(Meter { traffic, spoke: Instant::now(), key: None, timed: None }), ..self }
    }

    /// Copies both ways until one side ends. Dropping the future loses nothing: what was read and not
    /// yet written stays in `self`.
    pub async fn copy(&mut self) -> End {
        poll_fn(|cx| self.poll_copy(cx)).await
    }

    /// Whether all that was read of the guest's has gone out, up to the end of a frame that is no close: then,
    /// and only then, a frame of the server's own may follow.
    pub fn may_close(&self) -> bool {
        self.boundary.is_between() && !self.boundary.saw_close() && self.to_browser.is_empty()
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
        let (boundary, meter) = (&mut self.boundary, &mut self.meter);
        let outward = poll_direction(cx, &mut *self.guest, &mut *self.browser, &mut self.to_browser, |bytes| {
            boundary.advance(bytes);
            if let Some(meter) = meter.as_mut() {
                meter.said(bytes.len());
            }
        });
        if let Poll::Ready(failed) = outward {
            return Poll::Ready(match failed {
                Side::Reader => End::Guest,
                Side::Writer => End::Browser,
            });
        }
        if !self.is_guest_deaf {
            let inward = poll_direction(cx, &mut *self.browser, &mut *self.guest, &mut self.to_guest, |bytes| {
                if let Some(meter) = meter.as_mut() {
                    meter.typed(bytes.len());
                }
            });
            match inward {
                Poll::Ready(Side::Reader) => return Poll::Ready(End::Browser),
                // A guest that ended has often said more than was read of it: its last output, how it ended.
                Poll::Ready(Side::Writer) => self.is_guest_deaf = true,
                Poll::Pending => {}
            }
        }
        self.poll_stall(cx)
    }

    /// Ends the tunnel when the guest has taken nothing for too long. While bytes wait for it the browser is
    /// not read, so its going would not be noticed either.
    fn poll_stall(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        let left = self.to_guest.left();
        if left == 0 && !self.is_guest_deaf {
            self.stall = None;
            return Poll::Pending;
        }
        let limit = if self.is_guest_deaf { DEAF_LIMIT } else { STALL_LIMIT };
        if self.stall.as_ref().is_none_or(|(before, _)| *before != left) {
            self.stall = Some((left, Box::pin(tokio::time::sleep(limit))));
        }
        match &mut self.stall {
            Some((_, timer)) => timer.as_mut().poll(cx).map(|()| End::Guest),
            None => Poll::Pending,
        }
    }
}

impl Meter {
    fn said(&mut self, bytes: usize) {
        self.traffic.to_browsers.inc_by(bytes as u64);
        let now = Instant::now();
        self.spoke = now;
        if let Some(key) = self.key.take() {
            let took = now.saturating_duration_since(key);
            if took < LONGEST_ECHO {
                self.traffic.echoes.observe(took.as_secs_f64());
                self.timed = Some(now);
            }
        }
    }

    /// Whatever a browser sends into a terminal that has been quiet is a key; its acknowledgements follow output.
    fn typed(&mut self, bytes: usize) {
        self.traffic.from_browsers.inc_by(bytes as u64);
        let now = Instant::now();
        let is_quiet = now.saturating_duration_since(self.spoke) > QUIET;
        let is_time = self.timed.is_none_or(|timed| now.saturating_duration_since(timed) > ECHO_EVERY);
        self.key = (is_quiet && is_time).then_some(now);
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
    fn left(&self) -> usize {
        self.bytes.len() - self.written
    }

    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

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
    async fn the_last_words_of_a_guest_that_takes_no_more_go_out_whole() {
        // The browser's socket is small and unread while the guest's other direction fails.
        let (browser, mut browser_end) = duplex(16);
        let (reader, mut guest_end) = duplex(1000);
        let guest = OneWay(reader);
        let mut tunnel = Tunnel::new(Box::new(browser), b"typed", Box::new(guest), &[]);
        let copy = tokio::spawn(async move {
            let end = tunnel.copy().await;
            (end, tunnel.may_close())
        });
        let last_words: Vec<u8> = [&[0x82, 100][..], &[b'x'; 100]].concat();
        guest_end.write_all(&last_words).await.expect("write");
        drop(guest_end);
        let mut received = vec![0; last_words.len()];
        browser_end.read_exact(&mut received).await.expect("read");
        assert_eq!(received, last_words);
        assert_eq!(copy.await.expect("copy"), (End::Guest, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_guest_that_takes_nothing_ends_it_within_a_limit() {
        let (mut tunnel, mut browser, _guest) = tunnel(10, &[]);
        let copy = tokio::spawn(async move { tunnel.copy().await });
        let typed = tokio::spawn(async move { browser.write_all(&[0; 100]).await });
        assert_eq!(copy.await.expect("copy"), End::Guest);
        assert!(typed.await.expect("typed").is_err(), "the browser was not read meanwhile");
    }

    /// A stream whose writing side is broken.
    struct OneWay(tokio::io::DuplexStream);

    impl tokio::io::AsyncRead for OneWay {
        fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_read(cx, buffer)
        }
    }

    impl tokio::io::AsyncWrite for OneWay {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
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
