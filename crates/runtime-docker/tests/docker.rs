//! The driver at real engines that each test starts for itself: dockerd and Podman's service, real containers, the
//! real guest.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "docker/conformance.rs"]
mod conformance;
#[path = "docker/faults.rs"]
mod faults;
#[path = "docker/hangs.rs"]
mod hangs;
#[path = "docker/rootless.rs"]
mod rootless;
#[path = "docker/support.rs"]
mod support;
#[path = "docker/tls.rs"]
mod tls;
