//! `/api/admin`.

pub mod audit;
