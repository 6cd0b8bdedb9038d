//! Docker's and Podman's engines for tests: each test starts one for itself, with an image that is made of this host's
//! own programs. For dev-dependencies only.
//!
//! A failed expectation panics, as in any test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

mod engine;
mod gate;
pub mod image;

pub use engine::{Engine, Kind};
pub use gate::{Gate, Side};
