//! The release build of server and page: through cargo-leptos, compressed, and only when a source has changed,
//! because cargo-leptos empties the site and makes it anew each time it is called.

mod options;
mod parts;
mod sources;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::workspace::Workspace;

pub use options::LeptosOptions;

/// What a build leaves.
pub struct Site {
    /// The server's binary.
    pub server: PathBuf,
    /// The folder of what it serves.
    pub root: PathBuf,
    pub options: LeptosOptions,
    /// Whether everything was there already.
    pub is_old: bool,
}

/// Compresses the files below a folder that are worth it. Node has Brotli in it and runs it at full speed;
/// a crate would be compiled without optimization here, and would take minutes.
const COMPRESS: &str = include_str!("site/compress.mjs");

/// Builds what is out of date.
pub fn build(workspace: &Workspace) -> Result<Site> {
    let options = LeptosOptions::read(&workspace.read("Cargo.toml")?)?;
    let server = workspace.target.join("release").join(&options.bin_target);
    let root = workspace.file(&options.site_root);
    let page = root.join(&options.site_pkg_dir).join(format!("{}.wasm.br", options.output_name));
    let note = workspace.notes()?.join("site-built-from");
    let sources = format!("{}\n{}", workspace.root.display(), sources::hash(workspace)?);
    let is_old = server.is_file() && page.is_file() && fs::read_to_string(&note).is_ok_and(|last| last == sources);
    if !is_old {
        // Were it to fail half-way, the site would be neither old nor new.
        if note.exists() {
            fs::remove_file(&note)?;
        }
        process::run(workspace.cargo().args(["leptos", "build", "--release", "--split"]))?;
        ensure!(server.is_file(), "cargo-leptos built no {}", server.display());
        parts::mend(&root.join(&options.site_pkg_dir))?;
        process::run(workspace.command("node").args(["--input-type=module", "--eval", COMPRESS, "--"]).arg(&root))?;
        ensure!(page.is_file(), "cargo-leptos built no page");
        fs::write(&note, sources).with_context(|| format!("can't write {}", note.display()))?;
    }
    Ok(Site { server, root, options, is_old })
}

impl Site {
    /// What cargo-leptos would tell the server by its environment; the site's address, though, is the
    /// server's own to decide.
    pub fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("LEPTOS_OUTPUT_NAME", self.options.output_name.clone()),
            ("LEPTOS_SITE_ROOT", self.root.to_string_lossy().into_owned()),
            ("LEPTOS_SITE_PKG_DIR", self.options.site_pkg_dir.clone()),
        ]
    }
}
