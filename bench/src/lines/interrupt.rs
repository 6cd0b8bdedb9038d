//! Ctrl-C against `yes`, with a client that takes 10 MB/s, as a busy browser does: how long until
//! the prompt is there.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::lines::Context;
use crate::product::Session;
use crate::pty::Pty;
use crate::report::{Limit, Row};
use crate::stats::Samples;
use crate::terminal::{PATIENCE, Terminal, find, wait_for};

/// Bytes a second that the client takes.
const RATE: f64 = 10e6;
/// Bytes of one read, so that the rate is even: 1.6 ms.
const READ: usize = 16 * 1024;
/// How long the flood goes on before it is interrupted.
const FLOOD: Duration = Duration::from_millis(500);
/// The prompt; typed in two parts, so that its echo is not taken for it.
const PROMPT: &[u8] = b"ready> ";

pub fn measure(context: &Context) -> Result<Vec<Row>> {
    let session = Session::start(&context.product)?;
    let mut product = session.connect(1)?;
    let mut floor = Pty::shell()?;
    for terminal in [&mut product as &mut dyn Terminal, &mut floor] {
        terminal.send(b"PS1='rea''dy> '\n")?;
        wait_for(terminal, PROMPT, PATIENCE)?;
        terminal.set_read_size(READ);
    }
    let (mut times, mut floors) = (Samples::default(), Samples::default());
    for _ in 0..context.pick(5, 20) {
        floors.push_ms(interrupt(&mut floor)?);
        times.push_ms(interrupt(&mut product)?);
    }
    Ok(vec![
        Row::new("interrupt", "p50", times.p50(), "ms").floor(floors.p50()).samples(times.len()),
        Row::new("interrupt", "slowest", times.max(), "ms")
            .floor(floors.max())
            .limit(Limit::AtMost(50.0))
            .samples(times.len()),
    ])
}

fn interrupt(terminal: &mut dyn Terminal) -> Result<Duration> {
    terminal.send(b"yes\n")?;
    let began = Instant::now();
    let mut taken = 0;
    let mut interrupted = None;
    let mut tail: Vec<u8> = Vec::new();
    loop {
        let piece = terminal.receive()?;
        taken += piece.len();
        tail.extend_from_slice(piece);
        #[allow(clippy::cast_precision_loss)]
        let due = Duration::from_secs_f64(taken as f64 / RATE);
        std::thread::sleep(due.saturating_sub(began.elapsed()));
        match interrupted {
            None if began.elapsed() > FLOOD => {
                terminal.send(b"\x03")?;
                interrupted = Some(Instant::now());
                tail.clear();
            }
            Some(at) if find(&tail, PROMPT).is_some() => return Ok(at.elapsed()),
            Some(at) if at.elapsed() > PATIENCE => anyhow::bail!("no prompt within {PATIENCE:?} of Ctrl-C"),
            _ => {}
        }
        let keep = tail.len().min(PROMPT.len());
        tail.drain(..tail.len() - keep);
    }
}
