//! What browser and server share: the model, the traits behind the server functions, the pages.

#[cfg(feature = "ssr")]
pub mod backend;
pub mod model;
