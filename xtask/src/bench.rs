//! `cargo xtask bench`: builds what `serve` runs, and has `berth-bench` measure it. What is measured, and
//! what it must keep to, is `bench/`'s.

mod browser;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::progress::Progress;
use crate::setup;
use crate::workspace::Workspace;
use crate::{guest, process, site};

#[derive(Args)]
pub struct Options {
    /// Fewer samples: a few minutes
    #[arg(long)]
    quick: bool,

    /// Only the benchmark of this name; may be repeated
    #[arg(long)]
    only: Vec<String>,

    /// Write the report there, too, as JSON
    #[arg(long)]
    json: Option<PathBuf>,

    /// Measure the guest alone, without server and container
    #[arg(long)]
    guest: bool,

    /// Measure the page in a browser instead
    #[arg(long, conflicts_with = "guest")]
    browser: bool,

    /// Succeed even when a limit is missed
    #[arg(long)]
    no_fail: bool,
}

/// Guest, server and page, benchmark.
const BUILDS: usize = 3;
const PACKAGE: &str = "berth-bench";

pub fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    if options.browser {
        return run_browser(workspace, options);
    }
    let mut progress = Progress::new(setup::SERVE.len() + setup::BENCH.len() + BUILDS);
    setup::run(workspace, setup::SERVE, &mut progress)?;
    setup::run(workspace, setup::BENCH, &mut progress)?;
    let mut measure = workspace.command(workspace.target.join("release").join(PACKAGE));
    progress.step("Guest", || {
        let built = guest::build(workspace)?;
        if options.guest {
            measure.arg("--guest").arg(&built);
        }
        Ok(built.display().to_string())
    })?;
    progress.step("Server and page, for release", || {
        if options.guest {
            return Ok("not measured");
        }
        let site = site::build(workspace)?;
        measure.arg("--server").arg(&site.server).envs(site.variables());
        Ok(if site.is_old { "nothing has changed" } else { "built" })
    })?;
    progress.step("Benchmark", || {
        process::run(workspace.cargo().args(["build", "--release", "--package", PACKAGE])).map(|()| "built")
    })?;

    let flags = [(options.quick, "--quick"), (options.no_fail, "--no-fail")];
    measure.args(flags.iter().filter(|(is_on, _)| *is_on).map(|(_, flag)| flag));
    options.only.iter().for_each(|name| {
        measure.args(["--only", name]);
    });
    if let Some(path) = &options.json {
        // From where the person stands, not from the workspace's root.
        measure.arg("--json").arg(std::path::absolute(path)?);
    }
    measure.arg("--log").arg(workspace.notes()?.join("bench-server.log"));
    // It prints what was missed itself; its exit code is ours.
    let status = measure.status().with_context(|| format!("can't run {}", process::line(&measure)))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The page's benchmarks need no program of ours beside the product.
fn run_browser(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let mut progress = Progress::new(setup::SERVE.len() + BUILDS - 1);
    setup::run(workspace, setup::SERVE, &mut progress)?;
    let (mut built, mut site) = (None, None);
    progress.step("Guest", || {
        let path = guest::build(workspace)?;
        let line = path.display().to_string();
        built = Some(path);
        Ok(line)
    })?;
    progress.step("Server and page, for release", || {
        let made = site::build(workspace)?;
        let line = if made.is_old { "nothing has changed" } else { "built" };
        site = Some(made);
        Ok(line)
    })?;
    let (Some(guest), Some(site)) = (built, site) else { anyhow::bail!("nothing was built") };
    browser::run(workspace, &site, &guest, options)
}
