//! Parts of the Rust toolchain, and tools that cargo builds and puts where it puts all its tools.

use anyhow::{Context, Result, bail};

use crate::process;
use crate::setup::locked_version;
use crate::workspace::{WASM_TARGET, Workspace, musl_target};

/// The version whose behaviour with target directories and profiles the build relies on.
const CARGO_LEPTOS: &str = "0.3.6";

/// The version whose way of building without a sanitizer works on a stable toolchain.
const CARGO_FUZZ: &str = "0.13.2";

pub fn components(workspace: &Workspace) -> Result<String> {
    let missing: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(subcommand, _)| process::output(workspace.cargo().args([subcommand, "--version"])).is_err())
        .map(|(_, component)| component)
        .collect();
    rustup(workspace, "component", &missing)
}

pub fn targets(workspace: &Workspace) -> Result<String> {
    let sysroot = process::output(workspace.command("rustc").args(["--print", "sysroot"]))?;
    let libraries = std::path::Path::new(sysroot.trim()).join("lib/rustlib");
    let musl = musl_target();
    let missing: Vec<&str> =
        [WASM_TARGET, &musl].into_iter().filter(|target| !libraries.join(target).join("lib").is_dir()).collect();
    rustup(workspace, "target", &missing)
}

fn rustup(workspace: &Workspace, kind: &str, missing: &[&str]) -> Result<String> {
    if missing.is_empty() {
        return Ok("all there".into());
    }
    let names = missing.join(" ");
    if workspace.which(&["rustup"]).is_none() {
        bail!("there is no rustup, and this Rust lacks: {names}. Install them, then run this again");
    }
    process::run(workspace.command("rustup").args([kind, "add"]).args(missing))?;
    Ok(format!("added {names}"))
}

/// The generator of the page's JavaScript must be of the very version that the page is linked with.
pub fn wasm_bindgen(workspace: &Workspace) -> Result<String> {
    let version = locked_version(&workspace.read("Cargo.lock")?, "wasm-bindgen")
        .context("Cargo.lock does not hold wasm-bindgen")?;
    let is_there = |program: &str| has_version(workspace, &[program], &version);
    if is_there("wasm-bindgen") && is_there("wasm-bindgen-test-runner") {
        return Ok(format!("{version} is there"));
    }
    eprintln!("      building {version}: about 3 minutes on 2 cores");
    install(workspace, "wasm-bindgen-cli", &version, &[])
}

pub fn cargo_leptos(workspace: &Workspace) -> Result<String> {
    if has_version(workspace, &["cargo", "leptos"], CARGO_LEPTOS) {
        return Ok(format!("{CARGO_LEPTOS} is there"));
    }
    eprintln!("      building {CARGO_LEPTOS}: about 5 minutes on 2 cores");
    // It only calls others, so its own speed does not matter; optimized it takes three times as long to build.
    install(workspace, "cargo-leptos", CARGO_LEPTOS, &["--features", "no_downloads", "--debug"])
}

pub fn cargo_fuzz(workspace: &Workspace) -> Result<String> {
    if has_version(workspace, &["cargo", "fuzz"], CARGO_FUZZ) {
        return Ok(format!("{CARGO_FUZZ} is there"));
    }
    eprintln!("      building {CARGO_FUZZ}: about a minute on 2 cores");
    install(workspace, "cargo-fuzz", CARGO_FUZZ, &["--debug"])
}

pub fn nextest(workspace: &Workspace) -> Result<String> {
    if let Ok(version) = process::output(workspace.cargo().args(["nextest", "--version"])) {
        return Ok(format!("{} is there", version.lines().next().unwrap_or_default()));
    }
    eprintln!("      building it: about 5 minutes on 2 cores");
    process::run(
        workspace.cargo().args(["install", "cargo-nextest", "--locked", "--debug"]).env(NO_DEBUG.0, NO_DEBUG.1),
    )?;
    Ok("installed".into())
}

const NO_DEBUG: (&str, &str) = ("CARGO_PROFILE_DEV_DEBUG", "0");

fn has_version(workspace: &Workspace, program: &[&str], version: &str) -> bool {
    let printed = process::output(workspace.command(program[0]).args(&program[1..]).arg("--version"));
    printed.is_ok_and(|printed| printed.split_whitespace().any(|word| word == version))
}

fn install(workspace: &Workspace, package: &str, version: &str, more: &[&str]) -> Result<String> {
    let mut command = workspace.cargo();
    command.args(["install", package, "--version", version, "--locked"]).args(more).env(NO_DEBUG.0, NO_DEBUG.1);
    process::run(&mut command)?;
    Ok(format!("installed {version}"))
}
