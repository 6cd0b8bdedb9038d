//! `cargo xtask`: what a person types to run, check and measure Berth.

mod bench;
mod guest;
mod image;
mod lint;
mod process;
mod progress;
mod serve;
mod setup;
mod site;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Runs, checks and measures Berth", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set up what is missing, build for release and run the server
    Serve(serve::Options),
    /// Set up what is missing, then run every check and test
    Test(test::Options),
    /// Set up what is missing, build for release, and measure what Berth must reach
    Bench(bench::Options),
    /// Build the image that sessions on Docker and Podman are made from
    Image(image::Options),
    /// Check what the compiler can't: rooms, versions, leftovers
    Lint,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    match command {
        Command::Serve(options) => serve::run(&workspace, &options),
        Command::Test(options) => test::run(&workspace, &options),
        Command::Bench(options) => bench::run(&workspace, &options),
        Command::Image(options) => image::run(&workspace, &options),
        Command::Lint => lint::run(&workspace),
    }
}
