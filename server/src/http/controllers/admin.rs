//! `/api/admin`.

pub mod audit;
pub mod containers;
pub mod destroy_by_id;
pub mod reconcile;
pub mod runtime;
pub mod sessions;
