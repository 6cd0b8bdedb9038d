//! The benchmarks, one for each line of what Berth must reach.

mod connect;
mod echo;
mod files;
mod interrupt;
mod leaks;
mod memory;
mod middleware;
mod page;
mod sign_in;
mod stall;
mod start;
mod throughput;

pub use files::home_in;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::product::Product;
use crate::report::Row;

/// How thoroughly to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    Quick,
    Full,
}

/// What a benchmark works with.
pub struct Context {
    pub product: Arc<dyn Product>,
    pub effort: Effort,
}

impl Context {
    /// One number or the other.
    pub fn pick<T>(&self, quick: T, full: T) -> T {
        match self.effort {
            Effort::Quick => quick,
            Effort::Full => full,
        }
    }
}

/// A benchmark.
pub struct Line {
    /// Its name, as `--only` takes it.
    pub name: &'static str,
    /// Whether a guest alone can't show it.
    pub needs_server: bool,
    /// It takes no longer, however bad things are.
    pub limit: Duration,
    pub measure: fn(&Context) -> Result<Vec<Row>>,
}

const MINUTE: Duration = Duration::from_secs(60);
const LONG: Duration = Duration::from_secs(600);

/// All, in the order they are run: memory at rest first, before anything has been done to the server.
pub const ALL: &[Line] = &[
    Line { name: "memory", needs_server: true, limit: LONG, measure: memory::measure },
    Line { name: "page", needs_server: true, limit: MINUTE, measure: page::measure },
    Line { name: "middleware", needs_server: true, limit: MINUTE, measure: middleware::measure },
    Line { name: "start", needs_server: true, limit: LONG, measure: start::measure },
    Line { name: "connect", needs_server: false, limit: LONG, measure: connect::first_byte },
    Line { name: "reattach", needs_server: false, limit: LONG, measure: connect::reattach },
    Line { name: "echo", needs_server: false, limit: LONG, measure: echo::alone },
    Line { name: "echo-flood", needs_server: false, limit: LONG, measure: echo::beside_a_flood },
    Line { name: "echo-20", needs_server: false, limit: LONG, measure: echo::twenty },
    Line { name: "sign-in", needs_server: true, limit: LONG, measure: sign_in::measure },
    Line { name: "files", needs_server: true, limit: LONG, measure: files::transfer },
    Line { name: "files-parts", needs_server: true, limit: LONG, measure: files::parts },
    Line { name: "files-small", needs_server: true, limit: LONG, measure: files::small },
    Line { name: "throughput", needs_server: false, limit: LONG, measure: throughput::measure },
    Line { name: "interrupt", needs_server: false, limit: LONG, measure: interrupt::measure },
    Line { name: "stall", needs_server: false, limit: LONG, measure: stall::measure },
    Line { name: "leaks", needs_server: false, limit: LONG, measure: leaks::measure },
];
