//! The terminal's DOM side: xterm.js, the socket, and what the window tells.

mod appearance;
mod buffer;
mod clipboard;
mod drops;
pub mod keyboard;
mod links;
mod listeners;
mod live_terminal;
mod mount;
mod notify;
mod pace;
mod paste;
pub mod post;
mod search;
mod selection;
mod shortcuts;
mod sign_in;
mod socket;
mod text_input;
mod theme;
mod touch;
mod view;
pub mod viewport;
mod widget;
mod xterm;

pub use drops::pasted_name;
pub use mount::mount;
pub use shortcuts::follow_shortcuts;
