//! Makes and removes a container's files. A container's root directory is built once, before
//! anything of it has ever run; afterwards nothing of ours writes into it, so that no symlink in it
//! can lead us astray.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Step, StepError, etc, home, userns};
use crate::identity::Identity;
use crate::record::{PRIVATE, ROOT, USR};
use crate::request::{Prepare, Remove};

/// What of the root directory is a link into `/usr`, where the host has it so.
const LINKS: [&str; 6] = ["bin", "lib", "lib32", "lib64", "libx32", "sbin"];

/// Directories of root's, with their modes.
const DIRECTORIES: &[(&str, u32)] = &[
    ("dev", 0o755),
    ("etc", 0o755),
    ("home", 0o755),
    ("media", 0o755),
    ("mnt", 0o755),
    ("opt", 0o755),
    ("proc", 0o555),
    ("root", 0o700),
    ("run", 0o755),
    ("srv", 0o755),
    ("sys", 0o555),
    ("tmp", 0o1777),
    ("usr", 0o755),
    ("var", 0o755),
    ("var/cache", 0o755),
    ("var/lib", 0o755),
    ("var/log", 0o755),
    ("var/spool", 0o755),
    ("var/tmp", 0o1777),
];

/// Files of a new home.
pub(super) const DOTFILES: [(&str, &str); 2] = [
    (".bashrc", "# Yours to change.\n[ -f /etc/bash.bashrc ] && . /etc/bash.bashrc\n"),
    (".profile", "# Yours to change.\n[ -n \"$BASH_VERSION\" ] && [ -f \"$HOME/.bashrc\" ] && . \"$HOME/.bashrc\"\n"),
];

pub(super) fn run(prepare: &Prepare) -> Result<(), StepError> {
    userns::enter(prepare.identity)?;
    let tree = Tree::new(prepare.directory.join(ROOT), prepare.identity);
    tree.directory("", 0o755)?;
    for (path, mode) in DIRECTORIES {
        tree.directory(path, *mode)?;
    }
    tree.link("var/run", "/run")?;
    tree.link("var/lock", "/run")?;
    for name in LINKS {
        if let Ok(target) = fs::read_link(Path::new("/").join(name)) {
            tree.link_to(name, &target)?;
        }
    }
    etc::write(&tree, &prepare.hostname)?;
    let user = tree.of_user();
    user.directory("home/user", 0o755)?;
    if let Some(home) = &prepare.home {
        let private = Tree::new(prepare.directory.join(PRIVATE), prepare.identity);
        home::prepare(home, &private, prepare.identity)?;
    } else {
        user.directory("home/user/workspace", 0o755)?;
        for (name, content) in DOTFILES {
            user.file(&format!("home/user/{name}"), content.as_bytes(), 0o644)?;
        }
    }

    let layer = Tree::new(prepare.directory.join(USR), prepare.identity);
    layer.directory("", 0o755)?;
    layer.directory("upper", 0o755)?;
    layer.directory("work", 0o755)
}

pub(super) fn remove(remove: &Remove) -> Result<(), StepError> {
    userns::enter(remove.identity)?;
    match fs::remove_dir_all(&remove.path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => remove_deep(&remove.path, error),
        _ => Ok(()),
    }
}

/// Removes what the standard library could not, with `first`: it holds a descriptor for each level, and a
/// program can nest directories without end. `rm` walks such trees.
fn remove_deep(path: &Path, first: io::Error) -> Result<(), StepError> {
    let removed = Command::new("rm")
        .args(["-rf", "--one-file-system", "--"])
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    match removed {
        Ok(status) if status.success() => Ok(()),
        _ => Err(first).step(|| format!("remove {}", path.display())),
    }
}

/// A tree of files that belong to one id of the container's.
pub(super) struct Tree {
    root: PathBuf,
    /// The owner, as this process has to name it; none if it is this process anyway.
    owner: Option<u32>,
    identity: Identity,
}

impl Tree {
    fn new(root: PathBuf, identity: Identity) -> Self {
        let owner = match identity {
            Identity::Range { base } => Some(base),
            Identity::Kept { .. } | Identity::Subordinate { .. } | Identity::Single { .. } => None,
        };
        Self { root, owner, identity }
    }

    /// The same tree, with what is made in it belonging to the user.
    pub(super) fn of_user(&self) -> Self {
        Self { root: self.root.clone(), owner: self.identity.user(), identity: self.identity }
    }

    pub(super) fn directory(&self, path: &str, mode: u32) -> Result<(), StepError> {
        let full = self.root.join(path);
        fs::create_dir(&full).step(|| format!("make the directory /{path}"))?;
        fs::set_permissions(&full, Permissions::from_mode(mode)).step(|| format!("open the directory /{path}"))?;
        self.own(&full)
    }

    pub(super) fn file(&self, path: &str, content: &[u8], mode: u32) -> Result<(), StepError> {
        let full = self.root.join(path);
        fs::write(&full, content).step(|| format!("write /{path}"))?;
        fs::set_permissions(&full, Permissions::from_mode(mode)).step(|| format!("open /{path}"))?;
        self.own(&full)
    }

    pub(super) fn link(&self, path: &str, target: &str) -> Result<(), StepError> {
        self.link_to(path, Path::new(target))
    }

    pub(super) fn link_to(&self, path: &str, target: &Path) -> Result<(), StepError> {
        let full = self.root.join(path);
        symlink(target, &full).step(|| format!("link /{path}"))?;
        self.own(&full)
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.root.join(path).symlink_metadata().is_ok()
    }

    fn own(&self, path: &Path) -> Result<(), StepError> {
        match self.owner {
            Some(id) => lchown(path, Some(id), Some(id)).step(|| format!("give away {}", path.display())),
            None => Ok(()),
        }
    }
}
