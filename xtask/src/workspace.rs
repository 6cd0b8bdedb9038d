//! Where things are: the workspace, its target directory, its tools; and how a child process is started so
//! that it finds them too. It builds nothing.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The workspace and the places that belong to it, all absolute.
pub struct Workspace {
    pub root: PathBuf,
    /// Where cargo builds. In CI this is in the user's cache, so that compiled dependencies outlive a clone.
    pub target: PathBuf,
    /// `PATH` for children: the npm packages' and cargo's own tools come first.
    path: OsString,
}

impl Workspace {
    pub fn find() -> Result<Self> {
        // At run time, and not by `env!`: a cached xtask may have been compiled in another clone.
        let manifest =
            env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = manifest.parent().context("xtask/ has no parent folder")?.to_path_buf();
        let target = find_target(&root)?;
        let mut folders = vec![root.join("node_modules/.bin"), cargo_home()?.join("bin")];
        folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let path = env::join_paths(folders).context("a folder in PATH has a colon in its name")?;
        Ok(Self { root, target, path })
    }

    /// A command that runs in the workspace with its tools on `PATH` and its target directory.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", &self.path).env("CARGO_TARGET_DIR", &self.target);
        // These describe xtask, because cargo runs it; a cargo beneath must not take them for its own.
        for (key, _) in env::vars_os() {
            if key.to_str().is_some_and(|key| key.starts_with("CARGO_PKG_") || key.starts_with("CARGO_MANIFEST_")) {
                command.env_remove(key);
            }
        }
        command
    }

    pub fn cargo(&self) -> Command {
        self.command("cargo")
    }

    /// The first of `names` that is a program on the children's `PATH`, or in a system administrator's.
    pub fn which(&self, names: &[&str]) -> Option<PathBuf> {
        let sbin = ["/usr/sbin", "/sbin"].map(PathBuf::from);
        names.iter().find_map(|name| {
            env::split_paths(&self.path).chain(sbin.clone()).map(|folder| folder.join(name)).find(|file| file.is_file())
        })
    }

    /// The path of a file of the workspace, from its root.
    pub fn file(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    pub fn read(&self, path: &str) -> Result<String> {
        fs::read_to_string(self.file(path)).with_context(|| format!("can't read {path}"))
    }

    /// A directory for what xtask itself notes between runs.
    pub fn notes(&self) -> Result<PathBuf> {
        let notes = self.target.join("xtask");
        fs::create_dir_all(&notes).with_context(|| format!("can't make {}", notes.display()))?;
        Ok(notes)
    }
}

/// The musl target of this machine, for the guest.
pub fn musl_target() -> String {
    format!("{}-unknown-linux-musl", env::consts::ARCH)
}

/// The target of the page.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Whether this is a CI run, by the variable that every CI service sets.
pub fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

fn find_target(root: &Path) -> Result<PathBuf> {
    if is_ci() && env::var_os("CARGO_TARGET_DIR").is_none() {
        let target = cache_home()?.join("berth/target");
        fs::create_dir_all(&target).with_context(|| format!("can't make {}", target.display()))?;
        freshen(root, &target)?;
        return Ok(target);
    }
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let mut command = Command::new("cargo");
    command.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root);
    let metadata: Metadata = serde_json::from_str(&crate::process::output(&mut command)?)?;
    Ok(metadata.target_directory)
}

/// Cargo compares a source file's time with that of the last build, not its content. With one target directory for
/// many clones, a clone made before another one's build would be taken for built. So when the clone
/// is another than last time, its sources get the present time.
fn freshen(root: &Path, target: &Path) -> Result<()> {
    let note = target.join("built-from");
    let here = root.to_string_lossy();
    if fs::read_to_string(&note).is_ok_and(|last| last == here) {
        return Ok(());
    }
    let now = std::time::SystemTime::now();
    for path in tracked_files(root)? {
        if path.ends_with(".rs") || path.ends_with(".toml") {
            let file = fs::File::options().append(true).open(root.join(&path));
            file.and_then(|file| file.set_modified(now)).with_context(|| format!("can't set the time of {path}"))?;
        }
    }
    fs::write(&note, here.as_bytes()).with_context(|| format!("can't write {}", note.display()))
}

/// Files that git tracks, or would if they were added, as paths from the root.
pub fn tracked_files(root: &Path) -> Result<Vec<String>> {
    let mut command = Command::new("git");
    command.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let listed = crate::process::output(&mut command)?;
    let mut files: Vec<String> = listed.split('\0').filter(|path| !path.is_empty()).map(String::from).collect();
    // A file removed from the working tree is listed until its removal is committed.
    files.retain(|path| root.join(path).is_file());
    files.sort();
    files.dedup();
    Ok(files)
}

fn home() -> Result<PathBuf> {
    env::var_os("HOME").map(PathBuf::from).context("HOME is not set")
}

fn cache_home() -> Result<PathBuf> {
    match env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute()) {
        Some(path) => Ok(path),
        None => Ok(home()?.join(".cache")),
    }
}

fn cargo_home() -> Result<PathBuf> {
    match env::var_os("CARGO_HOME") {
        Some(path) => Ok(path.into()),
        None => Ok(home()?.join(".cargo")),
    }
}
