//! Close frames of the server's own.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use runtime::ByteStream;

/// How long a peer gets to answer a close frame, or to take the last bytes. RFC 6455 leaves it open; a
/// browser answers at once.
pub(super) const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// A close with a code of `protocol::close` and a reason of at most 123 bytes, which browsers show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Close {
    pub code: u16,
    pub reason: &'static str,
}

impl Close {
    /// The unmasked frame.
    pub fn frame(self) -> Vec<u8> {
        let reason = &self.reason.as_bytes()[..self.reason.len().min(123)];
        let mut frame = vec![0x88, 2 + reason.len() as u8];
        frame.extend(self.code.to_be_bytes());
        frame.extend(reason);
        frame
    }
}

/// Sends `close` and reads on until the peer hangs up, so that it gets to see the frame: closing a
/// socket with unread input resets it. Bounded by [`CLOSE_LIMIT`].
pub(super) async fn send_and_drain(stream: &mut dyn ByteStream, close: Option<Close>) {
    let exchange = async {
        if let Some(close) = close {
            stream.write_all(&close.frame()).await?;
        }
        stream.shutdown().await?;
        let mut ignored = [0; 1024];
        while stream.read(&mut ignored).await? > 0 {}
        Ok::<(), io::Error>(())
    };
    match tokio::time::timeout(CLOSE_LIMIT, exchange).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a terminal's socket went before it was closed"),
        Err(_) => tracing::debug!("a terminal's socket did not answer its close"),
    }
}
