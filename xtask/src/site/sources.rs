//! A hash over all that the release build is made from.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::{Workspace, tracked_files};

/// Folders and files whose content goes into server or page.
const INPUTS: &[&str] = &[
    "app/",
    "frontend/",
    "server/",
    "crates/",
    "style/",
    "public/",
    ".cargo/",
    "Cargo.toml",
    "Cargo.lock",
    "Leptos.toml",
    "package-lock.json",
    "xtask/src/setup/files.rs",
    "xtask/src/site/compress.mjs",
    "xtask/src/site/parts.rs",
];

/// The hash of the sources' content, and of the compiler's version.
pub fn hash(workspace: &Workspace) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    process::output(workspace.command("rustc").arg("--version"))?.hash(&mut hasher);
    for path in tracked_files(&workspace.root)? {
        if INPUTS.iter().any(|input| path.starts_with(input)) {
            let content = fs::read(workspace.file(&path)).with_context(|| format!("can't read {path}"))?;
            (path, content).hash(&mut hasher);
        }
    }
    Ok(format!("{:016x}", hasher.finish()))
}
