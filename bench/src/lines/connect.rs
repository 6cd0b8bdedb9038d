//! A client that comes to a running session, and one that comes back after a cut.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::lines::Context;
use crate::product::Session;
use crate::report::{Limit, Row};
use crate::stats::Samples;
use crate::terminal::{PATIENCE, Terminal, quiet_shell, run, wait_for};

/// How long a cut lasts: a few hundred lines are missed.
const CUT: Duration = Duration::from_millis(60);
/// Lines read before a cut, and after it.
const LINES: usize = 200;

/// From nothing to the first byte of a terminal that runs.
pub fn first_byte(context: &Context) -> Result<Vec<Row>> {
    let session = Session::start(&context.product)?;
    let mut first = session.connect(1)?;
    first.send(b"PS1='rea''dy> '\n")?;
    wait_for(&mut first, b"ready> ", PATIENCE)?;
    drop(first);
    let mut times = Samples::default();
    for _ in 0..context.pick(50, 200) {
        let began = Instant::now();
        let mut socket = session.connect(1)?;
        socket.receive()?;
        times.push_ms(began.elapsed());
    }
    Ok(vec![
        Row::new("connect", "p50", times.p50(), "ms").limit(Limit::Below(8.0)).samples(times.len()),
        Row::new("connect", "p99", times.p99(), "ms").samples(times.len()),
    ])
}

/// From a new connection to the first byte that was missed; every line must come once, in order.
pub fn reattach(context: &Context) -> Result<Vec<Row>> {
    let session = Session::start(&context.product)?;
    let mut socket = session.connect(1)?;
    quiet_shell(&mut socket)?;
    run(&mut socket, "exec 9<> <(:)")?;
    socket.send(b"for ((i=0; ; i++)); do printf '%d\\n' $i; ((i % 10)) || read -t 0.001 -u 9; done\n")?;

    let (mut times, mut missed) = (Samples::default(), Samples::default());
    let mut lines = Lines::default();
    let mut snapshots = 0;
    for _ in 0..context.pick(20, 100) {
        let until = lines.next + LINES;
        while lines.next < until {
            lines.take(socket.receive()?)?;
        }
        let (offset, query) = (socket.offset, format!("&since={}&epoch={}", socket.offset, socket.epoch));
        socket.cut()?;
        std::thread::sleep(CUT);
        let began = Instant::now();
        socket = session.connect_with(1, &query)?;
        let piece = socket.receive()?;
        times.push_ms(began.elapsed());
        lines.take(piece)?;
        #[allow(clippy::cast_precision_loss)]
        missed.push(socket.offset.saturating_sub(offset) as f64);
        snapshots += socket.snapshots;
    }
    Ok(vec![
        Row::new("reattach", "p50", times.p50(), "ms").samples(times.len()),
        Row::new("reattach", "slowest", times.max(), "ms").limit(Limit::Below(20.0)).samples(times.len()).note(
            format!("nothing lost or doubled in {} lines; {:.0} bytes missed in a cut", lines.next, missed.p50()),
        ),
        Row::new("reattach", "snapshots", f64::from(snapshots), "frames").limit(Limit::AtMost(0.0)),
    ])
}

/// Numbered lines, which must come in order, each once.
#[derive(Debug, Default)]
struct Lines {
    /// The next whole line's number.
    next: usize,
    part: Vec<u8>,
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) -> Result<()> {
        for byte in bytes {
            if *byte != b'\n' {
                self.part.push(*byte);
                continue;
            }
            let line = std::mem::take(&mut self.part);
            let text = String::from_utf8_lossy(&line);
            if text.trim_end_matches('\r') != self.next.to_string() {
                bail!("line {} came as {text:?}", self.next);
            }
            self.next += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_or_doubled_line_is_noticed() {
        let takes = |pieces: &[&[u8]]| {
            let mut lines = Lines::default();
            pieces.iter().try_for_each(|piece| lines.take(piece)).is_ok()
        };
        assert!(takes(&[b"0\r\n1\r", b"\n2\r\n"]));
        assert!(!takes(&[b"0\r\n2\r\n"]));
        assert!(!takes(&[b"0\r\n0\r\n"]));
        assert!(!takes(&[b"0\r\n1", b"1\r\n"]));
    }
}
