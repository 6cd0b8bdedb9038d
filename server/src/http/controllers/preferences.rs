//! `/api/preferences`

pub mod change;
pub mod get;
