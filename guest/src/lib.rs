//! `berth-guest`: init of a session's container. Owns its terminals, reaps its orphans, and serves
//! both over one socket, as [`protocol::guest`] describes.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation))]

pub mod activity;
pub mod config;
pub mod http;
pub mod init;
pub mod processes;
pub mod screen;
pub mod sys;
pub mod terminals;
pub mod uploads;
pub mod websocket;

use std::cell::Cell;
use std::time::Duration;

use protocol::guest::Config;
use tokio::sync::{Notify, mpsc};

use terminals::Terminals;

/// What the whole guest shares. On the main thread only.
pub struct Guest {
    /// As read at start.
    pub config: Config,
    /// Those that are open.
    pub terminals: Terminals,
    /// Room for uploads.
    pub uploads: uploads::Room,
    /// A shutdown has begun: nothing new is opened.
    pub stopping: Cell<bool>,
    /// Told whenever a child was reaped.
    pub reaped: Notify,
    /// Asks for a shutdown with this grace. One is enough; a second is ignored.
    pub shutdown: mpsc::Sender<Duration>,
}
