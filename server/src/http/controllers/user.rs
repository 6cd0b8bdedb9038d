//! `/api/user`: whoever asks, and the browsers they are signed in with.

pub mod end_session;
pub mod end_sessions;
pub mod get;
pub mod password;
pub mod sessions;
