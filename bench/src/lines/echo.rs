//! How long a key takes until its echo is back: alone, beside a flood, and with 20 at once.
//!
//! The echo is that of a `cat` on a raw terminal; the floor is the same on a bare PTY.

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::lines::Context;
use crate::product::Session;
use crate::pty::Pty;
use crate::report::{Limit, Row};
use crate::socket::Socket;
use crate::stats::Samples;
use crate::terminal::{Echo, PATIENCE, Terminal, echoing_cat, quiet_shell, run, wait_for, write_flood};

/// Keys between two new lines: well within the 4,095 that the kernel's line editor takes.
const BLOCK: usize = 50;
const ROUND_LIMIT: u16 = 10_000;
/// How long a flood runs before anything is measured beside it.
const WARM_UP: Duration = Duration::from_millis(300);

/// One key after another.
pub fn alone(context: &Context) -> Result<Vec<Row>> {
    let session = Session::start(&context.product)?;
    let mut rows = Vec::new();
    for (echo, terminal) in [(Echo::Program, 1), (Echo::Kernel, 2)] {
        let mut product = session.connect(terminal)?;
        let mut floor = Pty::shell()?;
        for terminal in [&mut product as &mut dyn Terminal, &mut floor] {
            quiet_shell(terminal)?;
            echoing_cat(terminal, echo)?;
            block(terminal)?;
        }
        let (mut times, mut floors) = (Samples::default(), Samples::default());
        for _ in 0..context.pick(40, 200) {
            floors.extend(&block(&mut floor)?);
            times.extend(&block(&mut product)?);
        }
        let p50 = |name| Row::new("echo", name, times.p50() * 1e3, "µs").floor(floors.p50() * 1e3).samples(times.len());
        let p99 = |name| Row::new("echo", name, times.p99(), "ms").floor(floors.p99()).samples(times.len());
        match echo {
            Echo::Program => {
                rows.push(p50("p50").limit(Limit::AtMostFloors(3.0)));
                rows.push(p99("p99").limit(Limit::Below(1.0)));
            }
            // A bare PTY echoes this within the key's own write, so that there is no floor to speak of.
            Echo::Kernel => {
                rows.push(p50("p50, echoed by the kernel"));
                rows.push(p99("p99, echoed by the kernel"));
            }
        }
    }
    Ok(rows)
}

/// One key after another, while another terminal of the session floods a client that reads.
pub fn beside_a_flood(context: &Context) -> Result<Vec<Row>> {
    let session = Session::start(&context.product)?;
    let mut product = session.connect(1)?;
    let mut floor = Pty::shell()?;
    for terminal in [&mut product as &mut dyn Terminal, &mut floor] {
        quiet_shell(terminal)?;
        echoing_cat(terminal, Echo::Program)?;
        block(terminal)?;
    }
    let mut flooding = session.connect(2)?;
    quiet_shell(&mut flooding)?;
    write_flood(&mut flooding)?;

    let (mut times, mut quiet, mut beside) = (Samples::default(), Samples::default(), Samples::default());
    let mut rate = Samples::default();
    for _ in 0..context.pick(3, 8) {
        for _ in 0..5 {
            quiet.extend(&block(&mut floor)?);
        }
        let flood = Flood::start(flooding)?;
        std::thread::sleep(WARM_UP);
        for _ in 0..context.pick(8, 25) {
            beside.extend(&block(&mut floor)?);
            times.extend(&block(&mut product)?);
        }
        let megabytes;
        (flooding, megabytes) = flood.stop()?;
        rate.push(megabytes);
    }
    let note = format!(
        "flood {:.0} MB/s; bare PTY beside the same flood: p50 {:.0} µs, p99 {:.2} ms",
        rate.p50(),
        beside.p50() * 1e3,
        beside.p99()
    );
    Ok(vec![
        Row::new("echo-flood", "p50", times.p50() * 1e3, "µs")
            .floor(quiet.p50() * 1e3)
            .limit(Limit::AtMostFloors(3.5))
            .samples(times.len())
            .note(note),
        Row::new("echo-flood", "p99", times.p99(), "ms")
            .floor(quiet.p99())
            .limit(Limit::Below(3.0))
            .samples(times.len()),
    ])
}

/// A key in each of 20 terminals over 4 sessions, all at the same moment.
pub fn twenty(context: &Context) -> Result<Vec<Row>> {
    let sessions = (0..4).map(|_| Session::start(&context.product)).collect::<Result<Vec<_>>>()?;
    let mut product: Vec<Box<dyn Terminal>> = Vec::new();
    let mut floor: Vec<Box<dyn Terminal>> = Vec::new();
    for session in &sessions {
        for terminal in 1..=5 {
            product.push(Box::new(session.connect(terminal)?));
            floor.push(Box::new(Pty::shell()?));
        }
    }
    for terminal in product.iter_mut().chain(&mut floor) {
        quiet_shell(terminal.as_mut())?;
        echoing_cat(terminal.as_mut(), Echo::Program)?;
    }
    let (mut times, mut floors) = (Samples::default(), Samples::default());
    for _ in 0..context.pick(10, 40) {
        for _ in 0..10 {
            floors.extend(&round(&mut floor)?);
        }
        for _ in 0..10 {
            times.extend(&round(&mut product)?);
        }
    }
    let row = |measure, value, floor| Row::new("echo-20", measure, value, "ms").floor(floor).samples(times.len());
    Ok(vec![row("p50", times.p50(), floors.p50()), row("p99", times.p99(), floors.p99()).limit(Limit::Below(2.5))])
}

/// Times [`BLOCK`] keys, one after another.
pub(super) fn block(terminal: &mut dyn Terminal) -> Result<Samples> {
    let mut times = Samples::default();
    for _ in 0..BLOCK {
        let began = Instant::now();
        terminal.send(b"k")?;
        let echo = terminal.receive()?;
        times.push_ms(began.elapsed());
        if echo != b"k" {
            bail!("a key was echoed as {:?}", String::from_utf8_lossy(echo));
        }
    }
    new_line(terminal)?;
    Ok(times)
}

/// Times a key in each terminal, all sent before the first echo is read.
fn round(terminals: &mut [Box<dyn Terminal>]) -> Result<Samples> {
    let mut sent = Vec::with_capacity(terminals.len());
    for terminal in terminals.iter_mut() {
        sent.push(Some(Instant::now()));
        terminal.send(b"k")?;
    }
    let mut times = Samples::default();
    while times.len() < terminals.len() {
        let waiting: Vec<_> = (0..terminals.len()).filter(|at| sent[*at].is_some()).collect();
        let ready: Vec<_> = {
            let descriptor = |at: &usize| -> BorrowedFd<'_> { terminals[*at].descriptor() };
            let mut set: Vec<_> = waiting.iter().map(|at| PollFd::new(descriptor(at), PollFlags::POLLIN)).collect();
            if poll(&mut set, PollTimeout::from(ROUND_LIMIT))? == 0 {
                bail!("{} of {} terminals did not echo", waiting.len(), terminals.len());
            }
            waiting.into_iter().zip(&set).filter(|(_, polled)| polled.any() == Some(true)).map(|(at, _)| at).collect()
        };
        for at in ready {
            if terminals[at].receive_ready()?.is_some_and(|echo| echo.contains(&b'k'))
                && let Some(began) = sent[at].take()
            {
                times.push_ms(began.elapsed());
            }
        }
    }
    Ok(times)
}

/// Ends the line, so that the kernel's line editor never has too much of it.
fn new_line(terminal: &mut dyn Terminal) -> Result<()> {
    terminal.send(b"\n")?;
    wait_for(terminal, b"\n", PATIENCE).map(drop)
}

/// A terminal that floods, and a client that reads and acknowledges as fast as it can.
struct Flood {
    is_over: Arc<AtomicBool>,
    bytes: Arc<AtomicU64>,
    began: Instant,
    reader: JoinHandle<Result<Socket>>,
}

impl Flood {
    fn start(mut socket: Socket) -> Result<Self> {
        socket.send(b"while :; do cat ~/flood; done\n")?;
        let (is_over, bytes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (over, count) = (Arc::clone(&is_over), Arc::clone(&bytes));
        let reader = std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let length = socket.receive()?.len();
                count.fetch_add(length as u64, Ordering::Relaxed);
            }
            socket.send(b"\x03")?;
            run(&mut socket, ":")?;
            Ok(socket)
        });
        Ok(Self { is_over, bytes, began: Instant::now(), reader })
    }

    /// Ends the flood; answers the terminal and the flood's MB/s.
    fn stop(self) -> Result<(Socket, f64)> {
        #[allow(clippy::cast_precision_loss)]
        let megabytes = self.bytes.load(Ordering::Relaxed) as f64 / 1e6 / self.began.elapsed().as_secs_f64();
        self.is_over.store(true, Ordering::Relaxed);
        let socket = self.reader.join().map_err(|_| anyhow!("the flood's reader panicked"))??;
        Ok((socket, megabytes))
    }
}
