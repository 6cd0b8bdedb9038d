//! A session's terminals. What they show travels over their sockets, not through here.

mod close;
mod list;

pub use close::{CloseTerminalCall, close_terminal};
pub use list::{ListTerminalsCall, list_terminals};
