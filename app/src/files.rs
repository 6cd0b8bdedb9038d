//! A person's files in the page. The logic (which rows are here, what is selected, how files are sent) is plain and
//! knows no DOM; [`browser`] is the thin layer that joins it to requests, events and drops.

pub mod address;
#[cfg(feature = "hydrate")]
pub(crate) mod browser;
pub mod kind;
pub mod listing;
pub mod says;
pub mod selection;
pub mod type_ahead;
pub mod uploads;
pub mod viewport;
