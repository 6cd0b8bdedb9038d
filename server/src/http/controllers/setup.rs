//! `/api/setup`: the setup wizard for programs, and for its own page's script.

pub mod check;
pub mod configure;
pub mod prefill;
pub mod status;
