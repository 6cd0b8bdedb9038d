//! The npm packages, exactly as package-lock.json has them.

use std::fs;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// A copy of the lock file that the packages were installed from.
const INSTALLED: &str = "node_modules/.installed-lock.json";

pub fn install(workspace: &Workspace) -> Result<String> {
    let lock = workspace.read("package-lock.json")?;
    if fs::read_to_string(workspace.file(INSTALLED)).is_ok_and(|installed| installed == lock) {
        return Ok("all there".into());
    }
    let mut command = workspace.command("npm");
    // Tests drive the system's browser.
    command.args(["ci", "--no-audit", "--no-fund"]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    process::run(&mut command)?;
    fs::write(workspace.file(INSTALLED), lock).with_context(|| format!("can't write {INSTALLED}"))?;
    Ok("installed".into())
}
