//! WebSocket framing (RFC 6455), the server's half: what a browser sends, and what it is sent.
//!
//! No I/O. Own code rather than a library for two reasons: a library's sink hides how much of a
//! frame the socket has taken, which is what flow control is counted in, and it wants each frame
//! as an allocation of its own, where ours are sent straight from a terminal's ring.

mod decoder;
mod encoder;

pub use decoder::{Decoder, Event};
pub use encoder::{Header, close, pong, text};

use base64::Engine;
use sha1::{Digest, Sha1};

/// The peer broke the protocol.
pub const PROTOCOL_ERROR: u16 = 1002;

/// The answer to a `Sec-WebSocket-Key`.
#[must_use]
pub fn accept_key(key: &[u8]) -> String {
    let digest = Sha1::new().chain_update(key).chain_update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
    base64::engine::general_purpose::STANDARD.encode(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_own_example_is_accepted() {
        assert_eq!(accept_key(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
