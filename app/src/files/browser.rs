//! The browser's side of a person's files: requests, events, drops, and the module with what JavaScript says shorter.

pub mod changes;
pub mod module;
pub mod picked;
pub mod request;
pub mod sending;
