//! How fast the headless screen takes output in, and what a full scrollback costs.
//!
//! `cargo run --profile guest --package berth-guest --example screen_speed [columns]`

use std::time::Instant;

use guest::screen::Screen;
use protocol::frame::{SCROLLBACK_LINES, Size};

/// Bytes fed.
const TOTAL: usize = 100_000_000;
/// Bytes of one read of the PTY, joined.
const CHUNK: usize = 64 * 1024;

fn main() {
    let cols = std::env::args().nth(1).and_then(|cols| cols.parse().ok()).unwrap_or(80);
    let text = coloured_text(usize::from(cols));
    let mut screen = Screen::new(Size { cols, rows: 50 }, SCROLLBACK_LINES);
    let mut events = Vec::new();
    let (memory, cpu, started) = (resident_kib(), cpu_seconds(), Instant::now());
    let mut fed = 0;
    while fed < TOTAL {
        for chunk in text.chunks(CHUNK) {
            screen.advance(chunk, &mut events);
            events.clear();
            fed += chunk.len();
        }
    }
    let megabytes = fed as f64 / 1e6;
    println!(
        "{cols} columns: {:.0} MB/s, {:.2} CPU-s per 100 MB, {} KiB for {SCROLLBACK_LINES} lines",
        megabytes / started.elapsed().as_secs_f64(),
        (cpu_seconds() - cpu) * 100.0 / megabytes,
        resident_kib().saturating_sub(memory),
    );
    let (started, snapshot) = (Instant::now(), screen.snapshot(protocol::frame::SNAPSHOT_LINES));
    println!("snapshot: {} bytes in {:.1} ms", snapshot.len(), started.elapsed().as_secs_f64() * 1e3);
}

/// Four megabytes like those of `ls --color` and of a compiler.
fn coloured_text(cols: usize) -> Vec<u8> {
    let mut out = String::new();
    let mut n = 0_u32;
    while out.len() < 4 << 20 {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let r = n >> 16;
        out.push_str(&match r % 4 {
            0 => format!(
                "\x1b[0m\x1b[01;34mdir{r}\x1b[0m  \x1b[01;32mrun{r}.sh\x1b[0m  plain{r}.txt  \
                 \x1b[01;31marchive{r}.tar.gz\x1b[0m\r\n"
            ),
            1 => format!(
                "\x1b[1m\x1b[32m   Compiling\x1b[0m crate-{r} v0.{}.{} (/home/user/workspace/crate-{r})\r\n",
                r % 7,
                r % 13
            ),
            2 => format!(
                "\x1b[1m\x1b[33mwarning\x1b[0m\x1b[1m: unused variable: `x{r}`\x1b[0m\r\n\
                 \x1b[1m\x1b[94m  --> \x1b[0msrc/main.rs:{r}:5\r\n"
            ),
            _ => format!("\x1b[38;5;208m[{}]\x1b[m {r}%\r\n", "#".repeat(cols / 2)),
        });
    }
    out.into_bytes()
}

/// User and system time of this process.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    // Fields 14 and 15 of proc(5), in ticks of a hundredth of a second.
    [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or_default()
}
