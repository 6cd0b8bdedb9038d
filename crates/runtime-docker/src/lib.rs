//! Containers by Docker or Podman, over the engine's API. Implements [`runtime::Runtime`]; why it is built as
//! it is stands in `docs/decisions/011-docker.md`.
//!
//! What there is of a session at the engine carries two labels, `berth.installation` and `berth.session`: a
//! container `berth-<session>`, a network of the same name, and, where the session has no home of a person's, a
//! volume `berth-home-<session>`. Nothing without our labels is ever touched. On our side it is one directory
//! (`record`): the guest's private directory, mounted into the container, by whose socket it is reached.
//!
//! The engine may end and come back at any time. Each call asks it anew, so there is nothing to reconnect.

mod api;
mod driver;
mod engine;
mod health;
mod home;
mod network;
mod options;
mod pull;
mod record;
mod seccomp;
mod spec;
mod state;
mod usage;
mod wall;

pub use driver::DockerRuntime;
pub use options::{Network, Options, Patience, Pull, Tls};
