//! What browser and server share: the model, the traits behind the server functions, the pages.

// A release build keeps a view as one type, which is deeper than the compiler's default.
#![recursion_limit = "256"]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod api;
mod app;
#[cfg(feature = "ssr")]
pub mod backend;
mod browser;
mod components;
mod contexts;
pub mod files;
#[cfg(feature = "hydrate")]
mod live;
pub mod model;
#[cfg(any(feature = "hydrate", test))]
mod new_session;
mod pages;
mod sessions;
#[cfg(feature = "ssr")]
mod shell;
pub mod terminal;
mod time;
mod usage;

pub use app::App;
#[cfg(feature = "ssr")]
pub use shell::shell;

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
