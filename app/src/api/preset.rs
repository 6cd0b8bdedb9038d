//! Presets of terminals.

mod apply;
mod change;
mod create;
mod delete;

pub use apply::{ApplyPresetCall, apply_preset};
pub use change::{ChangePresetCall, change_preset};
pub use create::{CreatePresetCall, create_preset};
pub use delete::{DeletePresetCall, delete_preset};
