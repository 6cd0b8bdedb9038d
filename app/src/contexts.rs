//! What every page shares: messages, and whether something is working.

pub mod toasts;
pub mod working;
