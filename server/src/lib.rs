//! The control plane: HTTP, sign-in, sessions, the terminal proxy, the database.
//!
//! `main.rs` parses, builds and runs; everything else is here.

// Leptos' views are types nested as deep as the pages they describe.
#![recursion_limit = "512"]

pub mod accounts;
pub mod admin;
pub mod app;
pub mod auth;
pub mod config;
pub mod control;
pub mod data_dir;
pub mod database;
pub mod http;
pub mod logging;
pub mod memory;
pub mod metrics;
pub mod operations;
pub mod preferences;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod shutdown;
pub mod site;
pub mod storage;
pub mod terminal;
pub mod tls;
