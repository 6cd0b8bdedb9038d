//! `/api/presets`.

pub mod apply;
pub mod change;
pub mod create;
pub mod delete;
pub mod list;
