//! `cargo xtask lint`: what the compiler can't see. Each rule takes the tree, or what cargo says about the
//! workspace, and returns what it found; reading and printing are done here.

mod finding;
mod image;
mod leftovers;
mod manifests;
mod modules;
pub mod pins;
mod places;
mod rooms;
mod scrub;
mod tree;

use std::process::ExitCode;

use anyhow::Result;

use crate::process;
use crate::workspace::Workspace;

use finding::Finding;
use rooms::{Krate, Rooms};
use tree::Tree;

pub fn run(workspace: &Workspace) -> Result<ExitCode> {
    match check(workspace)? {
        0 => {
            println!("lint: nothing found");
            Ok(ExitCode::SUCCESS)
        }
        count => {
            println!("lint: {count} found");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Prints what the rules find and returns how many of it must be mended.
pub fn check(workspace: &Workspace) -> Result<usize> {
    let tree = Tree::read(&workspace.root)?;
    let findings = findings(workspace, &tree)?;
    for finding in &findings {
        eprintln!("{finding}");
    }
    for long in modules::long(&tree) {
        eprintln!("note: {long}");
    }
    Ok(findings.len())
}

fn findings(workspace: &Workspace, tree: &Tree) -> Result<Vec<Finding>> {
    let metadata = process::output(workspace.cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let krates = Krate::read(&metadata)?;
    let rooms = Rooms::parse(tree.text("docs/architecture.md")?)?;
    let mut command = workspace.cargo();
    command.args(["tree", "--package", rooms::PROTOCOL, "--edges", "normal", "--target", "all", "--prefix", "none"]);
    let beneath_protocol = process::output(&mut command)?;

    let mut findings = rooms.check(&krates);
    findings.extend(rooms::protocol_is_light(&beneath_protocol));
    findings.extend(rooms::driver_is_named_once(&krates, tree));
    findings.extend(manifests::leptos_tables_agree(tree.text("Cargo.toml")?, tree.text("Leptos.toml")?)?);
    findings.extend(manifests::wasm_bindgen_is_pinned(tree.text("Cargo.toml")?, tree.text("Cargo.lock")?)?);
    findings.extend(manifests::npm_locks_name_no_registry(tree));
    findings.extend(image::check(tree)?);
    findings.extend(modules::named_and_headed(tree));
    findings.extend(leftovers::check(tree));
    findings.extend(places::check(tree, &workspace.root.to_string_lossy()));
    Ok(findings)
}
