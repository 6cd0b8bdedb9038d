//! The directory that a build of the image reads: `image/`, the guest, and the authorities that this machine trusts.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::workspace::{Workspace, tracked_files};

const SOURCE: &str = "image/";
const GUEST: &str = "guest/berth-guest";
/// Read by the stage that runs npm, and by no other: it is not in the image.
const AUTHORITIES: &str = "authorities/all.pem";
/// Variables by which this machine says whom its clients trust, if it has to be said: behind a proxy that reads along.
const TRUST: &[&str] = &["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"];

pub struct Context {
    path: PathBuf,
}

impl Context {
    /// Lays it out anew, so that nothing of an earlier build is in it.
    pub fn lay_out(workspace: &Workspace, guest: Option<&Path>) -> Result<Self> {
        let path = workspace.notes()?.join("image");
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| format!("can't remove {}", path.display()))?;
        }
        for file in tracked_files(&workspace.root)? {
            if let Some(name) = file.strip_prefix(SOURCE) {
                put(&workspace.file(&file), &path.join(name))?;
            }
        }
        put(guest.context("there is no guest")?, &path.join(GUEST))?;
        let authorities = path.join(AUTHORITIES);
        match TRUST.iter().find_map(env::var_os) {
            Some(trusted) => put(Path::new(&trusted), &authorities)?,
            // The build copies it in any case.
            None => write(&authorities, b"")?,
        }
        Ok(Self { path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn put(from: &Path, to: &Path) -> Result<()> {
    make_parent(to)?;
    fs::copy(from, to).with_context(|| format!("can't copy {} to {}", from.display(), to.display())).map(drop)
}

fn write(to: &Path, content: &[u8]) -> Result<()> {
    make_parent(to)?;
    fs::write(to, content).with_context(|| format!("can't write {}", to.display()))
}

fn make_parent(file: &Path) -> Result<()> {
    let Some(folder) = file.parent() else { return Ok(()) };
    fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))
}
