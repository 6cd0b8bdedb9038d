//! The guest from outside: a process of its own a test, on a Unix socket in a temporary directory.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod activity;
mod callback;
mod clients;
mod flow;
mod http;
mod init;
#[path = "../screen_support/recording.rs"]
mod recording;
mod recordings;
mod resume;
mod shell;
mod support;
mod uploads;
