//! What each address shows.

pub mod dashboard;
pub mod files;
pub mod not_found;
pub mod terminal;
