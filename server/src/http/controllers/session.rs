//! `/api/sessions`.

pub mod batch_status;
pub mod choices;
pub mod create;
pub mod delete;
pub mod duplicate;
pub mod events;
pub mod get;
pub mod list;
pub mod rename;
pub mod restart;
pub mod start;
pub mod startup_status;
pub mod status;
pub mod stop;
pub mod touch;
