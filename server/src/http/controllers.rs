//! REST: one noun a folder, one verb a file. Each handler calls the service that the page calls too.

pub mod preferences;
pub mod session;
pub mod terminal;
