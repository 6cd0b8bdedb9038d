//! The shapes that cross between page, REST and services, each with the rules it must obey.

pub mod account;
pub mod agent;
pub mod error;
pub mod operations;
pub mod preferences;
pub mod session;
pub mod setup;
pub mod storage;
pub mod terminal;
pub mod usage;
pub mod waitlist;
