//! What crosses the wire between browser, server and guest: ids, terminal frames, the guest's API.
//!
//! Types and constants only. No I/O, no async runtime, and it builds for wasm32, so that all
//! three sides share one definition.

pub mod close;
pub mod frame;
pub mod guest;
mod id;
pub mod loopback;
mod secret;
pub mod upload;

pub use id::{ContainerId, InvalidId, SessionId, TerminalId};
pub use secret::GuestToken;
