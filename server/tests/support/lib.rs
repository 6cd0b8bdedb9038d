//! What tests of the server share: a server of a test's own on port 0 over a driver without containers,
//! a client that can send what no browser would, and a Postgres.
#![allow(dead_code, reason = "each test crate uses what it needs")]

pub mod client;
pub mod postgres;
pub mod server;

use std::time::Duration;

/// Far more than anything here takes; a hang is told as one.
pub const LIMIT: Duration = Duration::from_secs(30);
