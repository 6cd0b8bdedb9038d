//! The product as a whole: the server's binary, the guest, containers on this kernel, spoken to as a
//! browser would. Faults are made for real. Needs root (or user namespaces) and a built guest, which
//! `cargo xtask test` names in `BERTH_GUEST`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "whole/agents.rs"]
mod agents;
#[path = "whole/client.rs"]
mod client;
#[path = "whole/clock.rs"]
mod clock;
#[path = "whole/disk.rs"]
mod disk;
#[path = "whole/docker.rs"]
mod docker;
#[path = "whole/faults.rs"]
mod faults;
#[path = "whole/frames.rs"]
mod frames;
#[path = "whole/hangs.rs"]
mod hangs;
#[path = "whole/into_session.rs"]
mod into_session;
#[path = "whole/life.rs"]
mod life;
#[path = "whole/pull.rs"]
mod pull;
#[path = "whole/reconcile.rs"]
mod reconcile;
#[path = "whole/restart.rs"]
mod restart;
#[path = "whole/rig.rs"]
mod rig;
#[path = "whole/server.rs"]
mod server;
#[path = "whole/terminal.rs"]
mod terminal;
