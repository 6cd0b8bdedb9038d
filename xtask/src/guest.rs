//! Building `berth-guest`, the static binary that runs inside every container, and putting it where the server
//! looks for it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::{Workspace, musl_target};

const PROFILE: &str = "guest";
const BINARY: &str = "berth-guest";

/// Builds the guest and puts it beside both servers, that for release and that for development.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    let target = musl_target();
    let mut command = workspace.cargo();
    command.args(["build", "--package", BINARY, "--bin", BINARY, "--profile", PROFILE, "--target", &target]);
    process::run(&mut command)?;
    let built = workspace.target.join(target).join(PROFILE).join(BINARY);
    for profile in ["release", "debug"] {
        place(&built, &workspace.target.join(profile).join(BINARY))?;
    }
    Ok(built)
}

/// Copies under another name first: running containers hold the old file, which can't be written to.
fn place(built: &Path, to: &Path) -> Result<()> {
    let content = fs::read(built).with_context(|| format!("can't read {}", built.display()))?;
    if fs::read(to).is_ok_and(|present| present == content) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = to.with_extension("new");
    fs::copy(built, &new)
        .and_then(|_| fs::rename(&new, to))
        .with_context(|| format!("can't put the guest to {}", to.display()))
}
