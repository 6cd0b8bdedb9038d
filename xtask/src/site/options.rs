//! The part of `[[workspace.metadata.leptos]]` that xtask needs.

use anyhow::{Context, Result};
use serde::Deserialize;

/// Paths are from the workspace's root.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LeptosOptions {
    pub output_name: String,
    pub site_root: String,
    pub site_pkg_dir: String,
    pub bin_target: String,
}

impl LeptosOptions {
    /// Reads them from the text of Cargo.toml.
    pub fn read(manifest: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Manifest {
            workspace: Table,
        }
        #[derive(Deserialize)]
        struct Table {
            metadata: Metadata,
        }
        #[derive(Deserialize)]
        struct Metadata {
            leptos: Vec<LeptosOptions>,
        }
        let manifest: Manifest = toml::from_str(manifest).context("can't read [[workspace.metadata.leptos]]")?;
        manifest.workspace.metadata.leptos.into_iter().next().context("[[workspace.metadata.leptos]] is empty")
    }
}
