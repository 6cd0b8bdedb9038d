//! The server's edges: who gets in, what a failure looks like, both databases, the process itself.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "edge/access.rs"]
mod access;
#[path = "edge/accounts.rs"]
mod accounts;
#[path = "edge/api.rs"]
mod api;
#[path = "edge/database.rs"]
mod database;
#[path = "edge/errors.rs"]
mod errors;
#[path = "edge/faults.rs"]
mod faults;
#[path = "edge/into_session.rs"]
mod into_session;
#[path = "edge/metrics.rs"]
mod metrics;
#[path = "edge/operations.rs"]
mod operations;
#[path = "edge/pages.rs"]
mod pages;
#[path = "edge/permissions.rs"]
mod permissions;
#[path = "edge/process.rs"]
mod process;
#[path = "edge/proxy.rs"]
mod proxy;
#[path = "edge/reconcile.rs"]
mod reconcile;
#[path = "edge/setup.rs"]
mod setup;
#[path = "edge/sign_in.rs"]
mod sign_in;
#[path = "support/lib.rs"]
mod support;
#[path = "edge/tls.rs"]
mod tls;
#[path = "edge/waitlist.rs"]
mod waitlist;
