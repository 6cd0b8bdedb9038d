//! Reading the configuration, and leaving word of how the guest ended.

use std::fs;
use std::path::Path;

use anyhow::Context;
use protocol::guest::{Config, EXIT_FILE, ExitRecord};

/// Reads the configuration at `path`.
///
/// # Errors
/// When it can't be read, or is not a [`Config`].
pub fn read(path: &Path) -> anyhow::Result<Config> {
    let text = fs::read(path).with_context(|| path.display().to_string())?;
    // Not the parser's own words: they may repeat the token.
    serde_json::from_slice(&text)
        .map_err(|error| anyhow::anyhow!("{}: line {}: not a guest's configuration", path.display(), error.line()))
}

/// Leaves `record` beside the configuration, whole or not at all.
///
/// # Errors
/// When it can't be written.
pub fn leave(record: &ExitRecord, beside: &Path) -> anyhow::Result<()> {
    let path = beside.with_file_name(EXIT_FILE);
    let draft = beside.with_file_name(format!("{EXIT_FILE}.new"));
    fs::write(&draft, serde_json::to_vec(record)?).with_context(|| draft.display().to_string())?;
    fs::rename(&draft, &path).with_context(|| path.display().to_string())
}
