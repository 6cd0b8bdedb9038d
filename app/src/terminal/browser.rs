//! The terminal's DOM side: xterm.js, the socket, and what the window tells.

mod live_terminal;
mod mount;
mod socket;
mod theme;
mod widget;

pub use mount::mount;
