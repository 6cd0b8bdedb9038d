//! `/api/terminal`, but for its socket.

pub mod close;
pub mod input;
pub mod scrollback;
pub mod sign_in_callback;
pub mod status;
pub mod uploads;
