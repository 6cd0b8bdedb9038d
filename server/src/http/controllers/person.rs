//! `/api/users`.

pub mod change;
pub mod invite;
pub mod link;
pub mod list;
pub mod remove;
