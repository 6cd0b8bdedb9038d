//! Containers without a daemon, on youki's libcontainer. Implements [`runtime::Runtime`]; why it is
//! built as it is stands in `docs/decisions/002-embedded-runtime.md`.
//!
//! The server's process only keeps records, cgroups and descriptors of processes. Whatever needs
//! a fork, a namespace or a mount happens in a short-lived child ([`helper_main`]).

mod cgroup;
mod child;
mod connect;
mod container;
mod driver;
mod guest_stream;
mod health;
mod helper;
mod identity;
mod process;
mod record;
mod request;
mod tools;

pub use driver::{Config, Embedded};
pub use helper::helper_main;
