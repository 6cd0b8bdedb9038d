//! The benchmarks, one for each line of what Berth must reach.

mod connect;
mod docker;
mod echo;
mod files;
mod interrupt;
mod leaks;
mod many;
mod memory;
mod middleware;
mod page;
mod sign_in;
mod soak;
mod stall;
mod start;
mod throughput;

pub use files::home_in;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::product::{Command, Product};
use crate::report::Row;
use crate::watchdog::Watchdog;

/// How thoroughly to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    Quick,
    Full,
}

/// What a benchmark works with.
pub struct Context {
    pub product: Arc<dyn Product>,
    /// For those that start a server of their own; none, if guests alone are measured.
    pub command: Option<Command>,
    pub watchdog: Arc<Watchdog>,
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
    pub when: When,
    /// It takes no longer, however bad things are.
    pub limit: Duration,
    pub measure: fn(&Context) -> Result<Vec<Row>>,
}

/// When a benchmark is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Always: a guest alone shows it too.
    Always,
    /// With a server.
    Server,
    /// With a server, and when it is named: it takes long.
    Named,
}

impl Line {
    const fn new(name: &'static str, when: When, limit: Duration, measure: fn(&Context) -> Result<Vec<Row>>) -> Self {
        Self { name, when, limit, measure }
    }

    /// Whether it is to be run, when these are named.
    pub fn is_wanted(&self, names: &[String], has_server: bool) -> bool {
        let is_named = names.iter().any(|name| name == self.name);
        match self.when {
            When::Always => is_named || names.is_empty(),
            When::Server => has_server && (is_named || names.is_empty()),
            When::Named => has_server && is_named,
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const LONG: Duration = Duration::from_secs(600);
const LONGER: Duration = Duration::from_secs(1200);
const SOAK: Duration = Duration::from_secs(2400);

/// All, in the order they are run: memory at rest first, before anything has been done to the server.
pub const ALL: &[Line] = &[
    Line::new("memory", When::Server, LONG, memory::measure),
    Line::new("page", When::Server, MINUTE, page::measure),
    Line::new("middleware", When::Server, MINUTE, middleware::measure),
    Line::new("start", When::Server, LONG, start::measure),
    Line::new("connect", When::Always, LONG, connect::first_byte),
    Line::new("reattach", When::Always, LONG, connect::reattach),
    Line::new("echo", When::Always, LONG, echo::alone),
    Line::new("echo-flood", When::Always, LONG, echo::beside_a_flood),
    Line::new("echo-20", When::Always, LONG, echo::twenty),
    Line::new("sign-in", When::Server, LONG, sign_in::measure),
    Line::new("files", When::Server, LONG, files::transfer),
    Line::new("files-parts", When::Server, LONG, files::parts),
    Line::new("files-small", When::Server, LONG, files::small),
    Line::new("throughput", When::Always, LONG, throughput::measure),
    Line::new("interrupt", When::Always, LONG, interrupt::measure),
    Line::new("stall", When::Always, LONG, stall::measure),
    Line::new("at-once", When::Server, LONG, many::at_once),
    Line::new("running", When::Server, LONGER, many::running),
    Line::new("stopped", When::Server, LONGER, many::stopped),
    Line::new("docker", When::Server, LONG, docker::start),
    Line::new("soak", When::Named, SOAK, soak::embedded),
    Line::new("soak-docker", When::Named, SOAK, soak::docker),
    Line::new("leaks", When::Always, LONG, leaks::measure),
];
