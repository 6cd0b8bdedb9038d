//! The control plane: HTTP, sign-in, sessions, the terminal proxy, the database.
//!
//! `main.rs` parses, builds and runs; everything else is here.

pub mod config;
pub mod database;
pub mod shutdown;
