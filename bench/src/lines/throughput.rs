//! Coloured text to a client that reads and acknowledges: how fast, at what cost, and whether every
//! byte arrives. The bare PTY's output is compared byte by byte in the same way.

use std::time::Instant;

use anyhow::Result;

use crate::flood::{self, Check};
use crate::lines::Context;
use crate::machine::cpu_seconds;
use crate::product::Session;
use crate::pty::Pty;
use crate::report::{Limit, Row};
use crate::stats::Samples;
use crate::terminal::{Terminal, quiet_shell, run, write_flood};

/// Bytes of a run.
const RUN: u64 = 100_000_000;
const QUICK_RUN: u64 = 50_000_000;

pub fn measure(context: &Context) -> Result<Vec<Row>> {
    let session = Session::start(&context.product)?;
    let mut product = session.connect(1)?;
    let mut floor = Pty::shell()?;
    for terminal in [&mut product as &mut dyn Terminal, &mut floor] {
        quiet_shell(terminal)?;
        write_flood(terminal)?;
    }
    // The file must be in the page cache on either side.
    let text = flood::text();
    let (runs, bytes) = context.pick((4, QUICK_RUN), (20, RUN));
    let repeats = bytes.div_ceil(text.len() as u64);

    let (mut rates, mut floors, mut costs) = (Samples::default(), Samples::default(), Samples::default());
    let mut shares = vec![Samples::default(); session.between().len()];
    let (mut intact, mut broken) = (0, Vec::new());
    let snapshots = product.snapshots;
    for _ in 0..runs {
        floors.push(stream(&mut floor, &text, repeats)?.0);
        let before = session.between().into_iter().map(|(_, pid)| cpu_seconds(pid)).collect::<Result<Vec<_>>>()?;
        let (rate, broken_at) = stream(&mut product, &text, repeats)?;
        rates.push(rate);
        #[allow(clippy::cast_precision_loss)]
        let hundreds = (repeats * text.len() as u64) as f64 / 1e8;
        let mut cost = 0.0;
        for (((_, pid), before), share) in session.between().into_iter().zip(before).zip(&mut shares) {
            let used = (cpu_seconds(pid)? - before) / hundreds;
            share.push(used);
            cost += used;
        }
        costs.push(cost);
        match broken_at {
            None => intact += 1,
            Some(at) => broken.push(format!("differs at byte {at}")),
        }
        // A snapshot is shown as broken bytes, too; the terminal is put in order for the next run.
        run(&mut product, ":")?;
        run(&mut floor, ":")?;
    }
    let note =
        session.between().iter().zip(&shares).map(|((who, _), s)| format!("{who} {:.2}", s.p50())).collect::<Vec<_>>();
    let snapshots = product.snapshots - snapshots;
    Ok(vec![
        Row::new("throughput", "p50 of runs", rates.p50(), "MB/s")
            .floor(floors.p50())
            .limit(Limit::AtLeastFloors(0.8))
            .samples(rates.len())
            .note(format!("slowest {:.0}", rates.quantile(0.0))),
        Row::new("throughput", "intact runs", f64::from(intact), "runs")
            .limit(Limit::AtLeast(f64::from(runs)))
            .samples(rates.len())
            .note(broken.join(", ")),
        Row::new("throughput", "snapshots", f64::from(snapshots), "frames").limit(Limit::AtMost(0.0)),
        Row::new("throughput", "CPU per 100 MB", costs.p50(), "s")
            .limit(Limit::Below(1.0))
            .samples(costs.len())
            .note(note.join(", ")),
    ])
}

/// Has the text put out so many times; answers MB/s and where the stream broke, if it did.
fn stream(terminal: &mut dyn Terminal, text: &[u8], repeats: u64) -> Result<(f64, Option<u64>)> {
    let began = Instant::now();
    terminal.send(format!("for ((i=0; i<{repeats}; i++)); do cat ~/flood; done\n").as_bytes())?;
    let mut check = Check::new(text);
    let total = repeats * text.len() as u64;
    while check.seen < total && check.broken_at.is_none() {
        check.take(terminal.receive()?);
    }
    #[allow(clippy::cast_precision_loss)]
    let rate = check.seen as f64 / 1e6 / began.elapsed().as_secs_f64();
    Ok((rate, check.broken_at))
}
