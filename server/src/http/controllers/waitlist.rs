//! `/api/admin/waitlist`.

pub mod approve;
pub mod dismiss;
pub mod list;
