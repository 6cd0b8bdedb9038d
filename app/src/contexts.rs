//! What every page shares: messages, and whether something is working.

pub mod desk;
pub mod panels;
pub mod preferences;
pub mod toasts;
pub mod working;
