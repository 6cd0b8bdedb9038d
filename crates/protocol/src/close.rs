//! WebSocket close codes of a terminal's socket, and what each asks of the client.

/// The terminal's process ended; an `exit` frame came before. Do not reconnect.
pub const ENDED: u16 = 1000;
/// A frame was longer than [`crate::frame::MAX_CLIENT_FRAME`].
pub const TOO_BIG: u16 = 1009;
/// The session is starting, or the server is going away for a moment: try again.
pub const TRY_AGAIN: u16 = 1013;
/// A malformed request or frame.
pub const BAD_REQUEST: u16 = 4400;
/// Not signed in.
pub const NOT_SIGNED_IN: u16 = 4401;
/// Not yours, whether it exists or not; or a foreign Origin.
pub const FORBIDDEN: u16 = 4403;
/// No such terminal.
pub const NOT_FOUND: u16 = 4404;
/// Too many sockets on this terminal or by this person.
pub const TOO_MANY: u16 = 4429;
/// The server or the guest failed.
pub const FAULT: u16 = 4500;
/// The session is stopped: do not retry, unless you have heard since that it runs.
pub const STOPPED: u16 = 4503;

/// Whether a client should connect again after `code`. All but a plain end, a request that can
/// never succeed, and a stopped session.
#[must_use]
pub fn is_worth_retrying(code: u16) -> bool {
    !matches!(code, ENDED | BAD_REQUEST | NOT_SIGNED_IN | FORBIDDEN | NOT_FOUND | STOPPED)
}
