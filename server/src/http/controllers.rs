//! REST: one noun a folder, one verb a file. Each handler calls the service that the page calls too.

pub mod admin;
pub mod person;
pub mod preferences;
pub mod preset;
pub mod public;
pub mod session;
pub mod setup;
pub mod storage;
pub mod terminal;
pub mod token;
pub mod user;
pub mod waitlist;
