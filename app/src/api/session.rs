//! Sessions.

mod create;
mod delete;
mod get;
mod list;
mod rename;
mod start;
mod stop;

pub use create::{CreateSessionCall, create_session};
pub use delete::{DeleteSessionCall, delete_session};
pub use get::{GetSessionCall, get_session};
pub use list::{ListSessionsCall, list_sessions};
pub use rename::{RenameSessionCall, rename_session};
pub use start::{StartSessionCall, start_session};
pub use stop::{StopSessionCall, stop_session};
