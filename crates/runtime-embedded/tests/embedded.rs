//! The driver on this kernel, from outside: real containers, the real guest.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "embedded/conformance.rs"]
mod conformance;
#[path = "embedded/home.rs"]
mod home;
#[path = "embedded/killed_server.rs"]
mod killed_server;
#[path = "embedded/rootless.rs"]
mod rootless;
#[path = "embedded/support.rs"]
mod support;
