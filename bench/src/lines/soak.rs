//! Sessions that are made, used, stopped, started again and deleted for half an hour, and what is left of them then.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::lines::Context;
use crate::lines::docker::at_docker;
use crate::lines::many::{settled, start, stop};
use crate::machine::resident_kib;
use crate::product::{Product, Server};
use crate::report::{Limit, Row};
use crate::terminal::{quiet_shell, run};

/// How many are used at the same time.
const AT_ONCE: usize = 4;
/// A round before anything is counted: whatever is only made once is there then.
const WARM_UP: Duration = Duration::from_secs(20);
/// What a session writes and reads in a round. Few files: a disk that others use too takes seconds to remove thousands.
const USE: &str = "seq 200000; mkdir -p files && seq 100 | split -l 1 - files/part && rm -r files";

/// In the embedded runtime.
pub fn embedded(context: &Context) -> Result<Vec<Row>> {
    let server = context.product.server().context("only a server makes sessions")?;
    soak(context, "soak", context.product.as_ref(), &server.group()?)
}

/// At a dockerd, of which it is also asked what it has.
pub fn docker(context: &Context) -> Result<Vec<Row>> {
    at_docker(context, |product| {
        let lists = ["/containers/json?all=1", "/networks"];
        let count = || lists.iter().map(|path| product.count(path)).collect::<Result<Vec<_>>>();
        let before = count()?;
        let mut rows = soak(context, "soak-docker", product, &product.group)?;
        for ((what, before), after) in ["containers", "engine's networks"].into_iter().zip(before).zip(count()?) {
            rows.push(left("soak-docker", what, u32::try_from(after.saturating_sub(before)).unwrap_or(u32::MAX)));
        }
        Ok(rows)
    })
}

fn soak(context: &Context, name: &'static str, product: &dyn Product, group: &str) -> Result<Vec<Row>> {
    let server = product.server().context("only a server makes sessions")?;
    rounds(product, server, WARM_UP)?;
    let before = settled(server, group, None)?;
    let memory = resident_kib(server.pid())?;
    let count = rounds(product, server, context.pick(Duration::from_secs(60), Duration::from_secs(1800)))?;
    let after = settled(server, group, Some(&before))?;
    let more = (resident_kib(server.pid())? - memory) / 1024.0;
    let mut rows: Vec<_> = before.left_in(&after).into_iter().map(|(what, more)| left(name, what, more)).collect();
    rows.push(
        Row::new(name, "memory left", more, "MiB")
            .limit(Limit::AtMost(4.0))
            .samples(count)
            .note(format!("{count} sessions; {:.1} MiB before", memory / 1024.0)),
    );
    Ok(rows)
}

fn left(name: &'static str, what: &str, more: u32) -> Row {
    Row::new(name, format!("{what} left"), f64::from(more), "").limit(Limit::AtMost(0.0))
}

/// Uses sessions for so long; answers how many. The first round that fails ends them all.
fn rounds(product: &dyn Product, server: &Server, time: Duration) -> Result<usize> {
    let end = Instant::now() + time;
    let has_failed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| -> Result<usize> {
                    let mut count = 0;
                    while Instant::now() < end && !has_failed.load(Ordering::Relaxed) {
                        round(product, server).inspect_err(|_| has_failed.store(true, Ordering::Relaxed))?;
                        count += 1;
                    }
                    Ok(count)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| bail!("a round panicked"))).sum()
    })
}

/// One session's life.
fn round(product: &dyn Product, server: &Server) -> Result<()> {
    let id = server.create_session()?;
    for _ in 0..2 {
        start(server, &id).with_context(|| format!("{id} did not start"))?;
        for terminal in 1..=2 {
            use_terminal(product, &id, terminal).with_context(|| format!("in terminal {terminal} of {id}"))?;
        }
        stop(server, &id).with_context(|| format!("{id} did not stop"))?;
    }
    server.delete_session(&id).with_context(|| format!("{id} was not deleted"))
}

fn use_terminal(product: &dyn Product, id: &str, terminal: u8) -> Result<()> {
    let mut socket = product.connect(id, terminal, "")?;
    quiet_shell(&mut socket).context("before its shell was quiet")?;
    run(&mut socket, USE)
}
