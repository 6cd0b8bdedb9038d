//! `cargo xtask image`: builds the image that sessions on Docker and Podman are made from, out of `image/`, and tries
//! what is in it.

mod base;
mod context;
mod engine;
pub mod tools;
mod trial;
pub mod variant;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use crate::guest;
use crate::progress::{Progress, seconds};
use crate::setup::{self, Item};
use crate::test::counts::Counts;
use crate::workspace::Workspace;

use context::Context;
use engine::{Engine, Kind};
use tools::Tools;
use variant::Variant;

#[derive(Args)]
pub struct Options {
    /// The distribution that it is made of
    #[arg(long, value_enum, default_value_t = Variant::Debian)]
    variant: Variant,

    /// What builds it, if not the first of these that answers
    #[arg(long, value_enum)]
    engine: Option<Kind>,

    /// Where the engine listens, such as `unix:///run/docker.sock`, if not where it does by itself
    #[arg(long, value_name = "URL")]
    host: Option<String>,

    /// The image to build on, if not the distribution's own
    #[arg(long, value_name = "IMAGE", conflicts_with = "bootstrap")]
    base: Option<String>,

    /// Make the base by debootstrap first, for a machine without a registry of images
    #[arg(long)]
    bootstrap: bool,

    /// What to call it
    #[arg(long, value_name = "NAME", default_value = "berth/session:latest")]
    tag: String,

    /// Then start a container from it and run every tool; makes the base by debootstrap if none can be pulled
    #[arg(long)]
    test: bool,
}

/// What building and trying takes of this system besides an engine.
const SETUP: &[Item] = &[Item::System, Item::Targets];
/// Engine, guest, base and build.
const STEPS: usize = 4;

pub fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let variant = options.variant;
    if options.bootstrap && variant.suite(workspace)?.is_none() {
        bail!("debootstrap makes Debian only; give a base for {variant} with --base");
    }
    let tools = Tools::parse(&workspace.read(tools::LIST)?)?;
    let mut progress = Progress::new(SETUP.len() + STEPS + usize::from(options.test));
    let engine = progress.step("Engine", || Engine::find(workspace, options.engine, options.host.as_deref()))?;
    setup::run(workspace, SETUP, &mut progress)?;
    let mut guest = None;
    progress.step("Guest", || Ok(guest.insert(guest::build(workspace)?).display().to_string()))?;
    let base = progress.step("Base", || base::get(workspace, &engine, options))?;
    progress.step("Image", || {
        let context = Context::lay_out(workspace, guest.as_deref())?;
        engine.build(&context, variant.containerfile(), base.name(), &options.tag)?;
        Ok(format!("{}, {}", options.tag, engine.size(&options.tag)?))
    })?;
    if !options.test {
        eprintln!("Ready after {}", seconds(progress.elapsed()));
        return Ok(ExitCode::SUCCESS);
    }
    progress.announce("Every tool, in a container");
    let counts = trial::run(workspace, &engine, &options.tag, &tools, variant).unwrap_or_else(|error| {
        eprintln!("      {error:#}");
        Counts::failure()
    });
    println!("{}", counts.totals());
    Ok(if counts.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
