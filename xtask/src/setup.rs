//! Everything that must be there before Berth can be built, run and tested: each item is looked for
//! and got only when it is missing.

mod files;
mod npm;
mod rust;
mod system;

use anyhow::{Context, Result};

use crate::progress::Progress;
use crate::workspace::Workspace;

/// A thing to set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// Compilers, headers and programs of the system, for building and running.
    System,
    /// A browser, its driver, Docker, Podman, PostgreSQL and fonts, for testing.
    TestSystem,
    /// Programs of the system that benchmarks measure beside ours.
    BenchSystem,
    /// What makes a base for the session image where no registry is.
    ImageSystem,
    /// rustfmt and clippy.
    Components,
    /// The standard library for the page and for the guest.
    Targets,
    WasmBindgen,
    CargoLeptos,
    Nextest,
    CargoFuzz,
    Npm,
    /// xterm.js and fonts, from the npm packages into `public/`.
    Files,
}

impl Item {
    fn name(self) -> &'static str {
        match self {
            Self::System => "System packages",
            Self::TestSystem => "System packages for tests",
            Self::BenchSystem => "System packages for benchmarks",
            Self::ImageSystem => "System packages for the session image",
            Self::Components => "rustfmt and clippy",
            Self::Targets => "Rust targets",
            Self::WasmBindgen => "wasm-bindgen",
            Self::CargoLeptos => "cargo-leptos",
            Self::Nextest => "cargo-nextest",
            Self::CargoFuzz => "cargo-fuzz",
            Self::Npm => "npm packages",
            Self::Files => "xterm.js and fonts for the site",
        }
    }

    fn set_up(self, workspace: &Workspace) -> Result<String> {
        match self {
            Self::System => system::install(workspace, system::FOR_SERVE),
            Self::TestSystem => system::install(workspace, system::FOR_TEST),
            Self::BenchSystem => system::install(workspace, system::FOR_BENCH),
            Self::ImageSystem => system::install(workspace, system::FOR_IMAGE),
            Self::Components => rust::components(workspace),
            Self::Targets => rust::targets(workspace),
            Self::WasmBindgen => rust::wasm_bindgen(workspace),
            Self::CargoLeptos => rust::cargo_leptos(workspace),
            Self::Nextest => rust::nextest(workspace),
            Self::CargoFuzz => rust::cargo_fuzz(workspace),
            Self::Npm => npm::install(workspace),
            Self::Files => files::copy(workspace),
        }
    }
}

/// What running the server takes.
pub const SERVE: &[Item] = &[Item::System, Item::Targets, Item::WasmBindgen, Item::CargoLeptos, Item::Npm, Item::Files];

/// What measuring it takes besides.
pub const BENCH: &[Item] = &[Item::BenchSystem];

/// Sets the items up, in their order.
pub fn run(workspace: &Workspace, items: &[Item], progress: &mut Progress) -> Result<()> {
    for item in items {
        progress.step(item.name(), || item.set_up(workspace))?;
    }
    Ok(())
}

/// Sets one item up, as a part of some other step.
pub fn set_up(workspace: &Workspace, item: Item) -> Result<()> {
    let done = item.set_up(workspace).with_context(|| format!("{} failed", item.name()))?;
    eprintln!("      {}: {done}", item.name());
    Ok(())
}

/// The version of a package in Cargo.lock.
pub fn locked_version(lock: &str, package: &str) -> Option<String> {
    let mut lines = lock.lines();
    lines.find(|line| *line == format!("name = \"{package}\""))?;
    let version = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

/// The browser that tests use: `CHROMIUM`, or the first one there is.
pub fn browser(workspace: &Workspace) -> Option<std::path::PathBuf> {
    std::env::var_os("CHROMIUM").map(Into::into).or_else(|| workspace.which(system::BROWSERS))
}

/// Its WebDriver: `CHROMEDRIVER`, or the first one there is.
pub fn browser_driver(workspace: &Workspace) -> Option<std::path::PathBuf> {
    std::env::var_os("CHROMEDRIVER").map(Into::into).or_else(|| workspace.which(&["chromedriver"]))
}

pub use system::is_root;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_very_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.126\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.126"));
        assert_eq!(locked_version(lock, "wasm"), None);
    }
}
