//! `cargo xtask serve`: from whatever is there to a running server.

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::progress::{Progress, seconds};
use crate::setup;
use crate::workspace::Workspace;
use crate::{guest, site};

#[derive(Args)]
pub struct Options {
    /// Set up and build, but don't start the server
    #[arg(long)]
    no_run: bool,

    /// What to tell the server, after `--`
    #[arg(last = true)]
    server: Vec<String>,
}

/// Guest, server and page.
const BUILDS: usize = 2;

pub fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let mut progress = Progress::new(setup::SERVE.len() + BUILDS);
    setup::run(workspace, setup::SERVE, &mut progress)?;
    progress.step("Guest", || guest::build(workspace).map(|built| built.display().to_string()))?;
    let mut built = None;
    progress.step("Server and page, for release", || {
        let site = built.insert(site::build(workspace)?);
        Ok(if site.is_old { "nothing has changed" } else { "built" })
    })?;
    let site = built.context("the build left nothing")?;
    eprintln!("Ready after {}", seconds(progress.elapsed()));
    if options.no_run {
        return Ok(ExitCode::SUCCESS);
    }
    // It takes our place, so signals and its exit code need no passing on.
    let error = workspace.command(&site.server).args(&options.server).envs(site.variables()).exec();
    Err(error).with_context(|| format!("can't start {}", site.server.display()))
}
