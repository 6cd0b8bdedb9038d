//! A person's files as a container's home, looked after from this host: that they are there, and that what is
//! mounted over them finds its place.
//!
//! Whoever owns the files may change them at any moment, from other containers too. So below the tree we only go
//! from one open directory to the next and never follow a link.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::sys::stat::{Mode, fchmod, mkdirat};
use nix::unistd::{Gid, Uid, fchown};
use runtime::Home;

/// Where it is in a container.
pub(crate) const HOME: &str = "/home/user";
pub(crate) const WORKSPACE: &str = "workspace";

/// Files of a new home.
const DOTFILES: [(&str, &str); 2] = [
    (".bashrc", "# Yours to change.\n[ -f /etc/bash.bashrc ] && . /etc/bash.bashrc\n"),
    (".profile", "# Yours to change.\n[ -n \"$BASH_VERSION\" ] && [ -f \"$HOME/.bashrc\" ] && . \"$HOME/.bashrc\"\n"),
];

/// A directory of the host's, and where it belongs in the container.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub source: PathBuf,
    pub target: String,
}

/// Writes into the tree what a new home has and this one lacks. A home that is closed for writing works without.
pub(crate) fn furnish(home: &Home, user: u32) -> io::Result<()> {
    let tree = folder(&home.tree)?;
    for (name, content) in DOTFILES {
        match new_file(&tree, name, content, user) {
            Err(error) if is_full(&error) => return Err(error),
            Err(error) => tracing::debug!(name, %error, "not written into a home"),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// Sees that the directories are there, and makes the places in the tree where others are mounted. Answers what
/// to mount, in this order. `private` is where the container's own directories are, by number.
pub(crate) fn places(home: &Home, user: u32, private: impl Fn(usize) -> PathBuf) -> io::Result<Vec<Place>> {
    let tree = folder(&home.tree)?;
    let mut places = vec![Place { source: home.tree.clone(), target: HOME.to_owned() }];
    if let Some(workspace) = &home.workspace {
        match workspace.strip_prefix(&home.tree) {
            // What is in the tree may be a link by now.
            Ok(below) => drop(beneath(&tree, below).map_err(|error| missing(workspace, error))?),
            Err(_) => drop(folder(workspace)?),
        }
        make_beneath(&tree, Path::new(WORKSPACE), user).map_err(|error| {
            let why = format!("~/{WORKSPACE} can't be mounted on: {error}");
            io::Error::new(error.kind(), why)
        })?;
        places.push(Place { source: workspace.clone(), target: format!("{HOME}/{WORKSPACE}") });
    }
    for (number, path) in home.private.iter().enumerate() {
        if !is_below(path) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{path:?} is no path below home")));
        }
        match make_beneath(&tree, Path::new(path), user) {
            Ok(()) => places.push(Place { source: private(number), target: format!("{HOME}/{path}") }),
            // No place for it is the owner's affair and no reason not to start: then these files are the tree's.
            Err(error) => tracing::debug!(path, %error, "is not the container's own"),
        }
    }
    Ok(places)
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.raw_os_error().map(Errno::from_raw), Some(Errno::ENOSPC | Errno::EDQUOT))
}

fn is_below(path: &str) -> bool {
    let path = Path::new(path);
    path.components().next().is_some() && path.components().all(|part| matches!(part, Component::Normal(_)))
}

/// Opens a directory that the server named. Only what its last part is must not be a link.
fn folder(path: &Path) -> io::Result<OwnedFd> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
    let opened = File::options().read(true).custom_flags(flags.bits()).open(path);
    opened.map(OwnedFd::from).map_err(|error| missing(path, error))
}

/// Says which directory it is that isn't there.
fn missing(path: &Path, error: io::Error) -> io::Error {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP) => {
            io::Error::new(io::ErrorKind::NotFound, format!("there is no directory {}", path.display()))
        }
        _ => error,
    }
}

/// Opens a directory below `from`, by way of directories only.
fn beneath(from: impl AsFd, path: &Path) -> io::Result<OwnedFd> {
    let how = OpenHow::new()
        .flags(OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS);
    Ok(openat2(from, if path.as_os_str().is_empty() { Path::new(".") } else { path }, how)?)
}

/// Makes those directories on the way that are missing.
fn make_beneath(from: &OwnedFd, path: &Path, user: u32) -> io::Result<()> {
    let mut reached = from.try_clone()?;
    for name in path.components() {
        let name = Path::new(&name);
        let made = mkdirat(&reached, name, Mode::from_bits_truncate(0o755));
        let next = match made {
            Ok(()) | Err(Errno::EEXIST) => beneath(&reached, name)?,
            // Where nothing can be made, it may be there.
            Err(error) => beneath(&reached, name).map_err(|_| error)?,
        };
        if made.is_ok() {
            give(&next, user)?;
        }
        reached = next;
    }
    Ok(())
}

/// Makes a file where nothing has its name.
fn new_file(tree: &OwnedFd, name: &str, content: &str, user: u32) -> io::Result<()> {
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let file = match openat(tree, name, flags, Mode::from_bits_truncate(0o644)) {
        Err(Errno::EEXIST) => return Ok(()),
        opened => opened?,
    };
    give(&file, user)?;
    fchmod(&file, Mode::from_bits_truncate(0o644))?;
    File::from(file).write_all(content.as_bytes())
}

/// Gives away what we made, if we are somebody else: root.
fn give(made: &OwnedFd, user: u32) -> io::Result<()> {
    if nix::unistd::geteuid().is_root() {
        fchown(made, Some(Uid::from_raw(user)), Some(Gid::from_raw(user)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn links_in_a_tree_are_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let (tree, outside) = (directory.path().join("tree"), directory.path().join("outside"));
        std::fs::create_dir(&tree).unwrap();
        std::fs::create_dir(&outside).unwrap();
        for name in [".cache", "workspace"] {
            std::os::unix::fs::symlink(&outside, tree.join(name)).unwrap();
        }
        let home =
            Home { tree: tree.clone(), workspace: None, private: vec![".cache/deep".to_owned(), ".npm".to_owned()] };
        let found = places(&home, 1000, |n| n.to_string().into()).unwrap();
        let targets: Vec<_> = found.iter().map(|place| place.target.as_str()).collect();
        assert_eq!(targets, ["/home/user", "/home/user/.npm"]);
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
        let home = Home { workspace: Some(tree.join("workspace")), ..home };
        let refused = places(&home, 1000, |n| n.to_string().into()).unwrap_err();
        assert!(refused.to_string().contains("there is no directory"), "{refused}");
    }

    #[test]
    fn a_private_directory_is_below_home() {
        assert!(is_below(".cache") && is_below(".claude/plugins/cache"));
        assert!(["", "/", "/etc", "..", "a/../..", "."].iter().all(|path| !is_below(path)));
    }
}
