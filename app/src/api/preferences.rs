//! Server functions on preferences.

mod change;
mod get;

pub use change::change_preferences;
pub use get::get_preferences;
