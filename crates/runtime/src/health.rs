//! A driver's own account of what it can do on this machine.

use serde::{Deserialize, Serialize};

/// Whether a driver works here and what it enforces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Whether containers can be started at all.
    pub available: bool,
    /// Why not, in one line; or a line that describes the engine.
    pub summary: String,
    /// Each limit or protection, and whether it holds here.
    pub enforcement: Vec<Enforcement>,
}

/// One limit or protection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enforcement {
    /// `cpu`, `memory`, `pids`, `disk`, `network`, `seccomp`, `user_namespace`, …
    pub name: String,
    /// Whether it is enforced.
    pub enforced: bool,
    /// How, or why not.
    pub detail: String,
}
