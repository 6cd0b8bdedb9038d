//! A client that stops reading in the midst of a flood: what that costs in memory, and whether its
//! shell lives. Compared with the same terminal in the same flood while its client reads.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::lines::Context;
use crate::machine::resident_kib;
use crate::product::Session;
use crate::report::{Limit, Row};
use crate::stats::Samples;
use crate::terminal::{Terminal, quiet_shell, run, write_flood};

/// Bytes after which scrollback, ring and allocator are as full as they get.
const STEADY: u64 = 60_000_000;
/// How long the reading client is looked at.
const READING: Duration = Duration::from_secs(3);
/// How long the client does not read.
const STALL: Duration = Duration::from_secs(10);
/// How often memory is looked at.
const INTERVAL: Duration = Duration::from_millis(100);

pub fn measure(context: &Context) -> Result<Vec<Row>> {
    let session = Session::start(&context.product)?;
    let mut client = session.connect(1)?;
    quiet_shell(&mut client)?;
    write_flood(&mut client)?;
    let memory = || -> Result<f64> { session.between().into_iter().map(|(_, pid)| resident_kib(pid)).sum() };

    client.send(b"while :; do cat ~/flood; done\n")?;
    let end = client.offset + STEADY;
    while client.offset < end {
        client.receive()?;
    }
    let mut reading = Samples::default();
    let began = Instant::now();
    let mut next = began;
    while began.elapsed() < READING {
        client.receive()?;
        if Instant::now() > next {
            reading.push(memory()?);
            next += INTERVAL;
        }
    }
    let mut stalled = Samples::default();
    let began = Instant::now();
    while began.elapsed() < STALL {
        std::thread::sleep(INTERVAL);
        stalled.push(memory()?);
    }
    // Its shell lives: the client reads again, interrupts, and the shell does as it is told.
    let snapshots = client.snapshots;
    client.send(b"\x03")?;
    let resumed = Instant::now();
    run(&mut client, ":")?;
    let back = resumed.elapsed();
    if client.snapshots == snapshots {
        // Ten seconds of flood are far more than a ring: without a snapshot the client was held back for.
        bail!("the flood waited for the client that did not read");
    }
    let note = format!(
        "reading {:.0} KiB; {:.0} ms from reading on to a new command's end",
        reading.p50(),
        back.as_secs_f64() * 1e3
    );
    Ok(vec![
        Row::new("stall", "memory added", (stalled.max() - reading.p50()).max(0.0), "KiB")
            .limit(Limit::Below(2048.0))
            .samples(stalled.len())
            .note(note),
    ])
}
