//! `berth-bench`: measures what Berth must reach, each line of it as a named benchmark with its
//! limit, in one run in which blocks of the product's samples alternate with blocks of the floor's.
//! The floor is a bare PTY in this process.
//!
//! Parses, runs, reports; the benchmarks are in `lines`.

mod flood;
mod http;
mod lines;
mod machine;
mod nginx;
mod product;
mod pty;
mod report;
mod socket;
mod stats;
mod terminal;
mod watchdog;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Parser;

use crate::lines::{Context, Effort};
use crate::product::{Command, Guests, Product};
use crate::report::Report;

/// For how long the machine is looked at before each benchmark.
const LOOK: Duration = Duration::from_millis(500);
/// How busy others may keep a machine that is called quiet.
const QUIET: f64 = 0.1;

/// Measures Berth against a bare PTY.
#[derive(Debug, Parser)]
struct Arguments {
    /// The release server, `berth`. It is started on a port and data directory of its own.
    #[arg(long, required_unless_present = "guest")]
    server: Option<PathBuf>,
    /// A further argument for the server; may be repeated.
    #[arg(long = "server-arg", allow_hyphen_values = true)]
    server_arguments: Vec<String>,
    /// Measure this `berth-guest` alone, without server and container.
    #[arg(long, conflicts_with = "server")]
    guest: Option<PathBuf>,
    /// Fewer samples: a few minutes.
    #[arg(long)]
    quick: bool,
    /// Only the benchmarks of this name, also those that are else left out, such as `soak`; may be repeated.
    #[arg(long)]
    only: Vec<String>,
    /// Write the report there, too, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Where the server's log goes.
    #[arg(long, default_value = "target/bench-server.log")]
    log: PathBuf,
    /// Exit with 0 even when a limit is missed.
    #[arg(long)]
    no_fail: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let known: Vec<_> = lines::ALL.iter().map(|line| line.name).collect();
    if let Some(unknown) = arguments.only.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("there is no benchmark {unknown}; there are {}", known.join(", "));
    }
    let command = arguments.server.as_ref().map(|binary| Command {
        binary: binary.clone(),
        arguments: arguments.server_arguments.clone(),
        log: arguments.log.clone(),
    });
    let product: Arc<dyn Product> = match (&command, &arguments.guest) {
        (Some(command), _) => {
            if let Some(folder) = arguments.log.parent() {
                std::fs::create_dir_all(folder)?;
            }
            Arc::new(command.start(&[])?)
        }
        (None, Some(guest)) => Arc::new(Guests::of(guest)),
        (None, None) => bail!("nothing to measure"),
    };
    let watchdog = Arc::new(watchdog::start()?);
    watchdog.shut_down_at_end(Arc::clone(&product));
    let context = Context {
        product,
        command,
        watchdog: Arc::clone(&watchdog),
        effort: if arguments.quick { Effort::Quick } else { Effort::Full },
    };

    let mut report =
        Report { machine: machine::Machine::this(), disturbance: 0.0, rows: Vec::new(), errors: Vec::new() };
    for line in lines::ALL {
        if !line.is_wanted(&arguments.only, context.product.server().is_some()) {
            continue;
        }
        let busy = machine::busy_share(LOOK)?;
        report.disturbance = report.disturbance.max(busy);
        eprintln!("{} … (others keep the machine {:.0} % busy)", line.name, busy * 100.0);
        watchdog.allow(line.limit);
        match (line.measure)(&context) {
            Ok(rows) => report.rows.extend(rows),
            Err(error) => report.errors.push((line.name, format!("{error:#}"))),
        }
    }
    watchdog.allow(watchdog::END_LIMIT);
    watchdog.shut_down();

    println!("{}\n\n{}", report.machine, report.table());
    if report.disturbance > QUIET {
        let percent = report.disturbance * 100.0;
        println!("Not a quiet machine: others kept it up to {percent:.0} % busy. Run again when it is quiet.\n");
    }
    if let Some(path) = &arguments.json {
        report.write(path).context("the report could not be written")?;
    }
    let missed = report.rows.iter().filter(|row| row.passed() == Some(false)).count() + report.errors.len();
    println!("{missed} missed, {} limits kept", report.rows.iter().filter(|row| row.passed() == Some(true)).count());
    Ok(if report.passed() || arguments.no_fail { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
