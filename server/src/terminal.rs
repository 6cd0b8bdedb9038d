//! Terminal sockets: `GET /api/terminal/{session}-{terminal}/ws`.
//!
//! Owns who may open one, the way to the guest, and the tunnel between the two. After both handshakes
//! the server copies bytes: the guest gets the browser's frames as they are, masks and all, and the
//! browser the guest's. The server looks at nothing but where each of the guest's frames ends, so that
//! it can put a close frame between two of them.
//!
//! Not here: what the frames mean (`protocol::frame`, spoken by page and guest).

mod boundary;
mod close;
mod tunnel;
mod upgrade;

pub use upgrade::{NotASocket, Sockets, upgrade};
