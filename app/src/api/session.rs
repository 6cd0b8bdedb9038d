//! Sessions.

mod choices;
mod create;
mod delete;
mod duplicate;
mod get;
mod list;
mod rename;
mod restart;
mod start;
mod stop;
mod touch;

pub use choices::{SessionChoicesCall, session_choices};
pub use create::{CreateSessionCall, create_session};
pub use delete::{DeleteSessionCall, delete_session};
pub use duplicate::{DuplicateSessionCall, duplicate_session};
pub use get::{GetSessionCall, get_session};
pub use list::{ListSessionsCall, list_sessions};
pub use rename::{RenameSessionCall, rename_session};
pub use restart::{RestartSessionCall, restart_session};
pub use start::{StartSessionCall, start_session};
pub use stop::{StopSessionCall, stop_session};
pub use touch::{TouchSessionCall, touch_session};
