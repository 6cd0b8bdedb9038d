//! A person's files as a container's home: found on the host, and mounted with what lies over them.
//!
//! Whoever owns the files may change them at any moment, from other containers too. So nothing in
//! them is ever followed or trusted: below the tree we only go from one open directory to the next,
//! and what we make there we make with that person's own rights over files.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path};

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::sys::stat::{Mode, mkdirat};
use nix::unistd::{UnlinkatFlags, unlinkat};
use runtime::Home;

use super::prepare::{DOTFILES, Tree};
use super::{Step, StepError, mounts, userns};
use crate::identity::Identity;
use crate::record::PRIVATE;

/// Home in a container's root directory. Its parents are root's, so that no program can put a symlink
/// in their place.
const HOME: &str = "home/user";
const WORKSPACE: &str = "workspace";

/// Makes what a container with this home has on disk: its private directories, and in the tree what a
/// new home has and this one lacks.
pub(super) fn prepare(home: &Home, private: &Tree, identity: Identity) -> Result<(), StepError> {
    let user = private.of_user();
    private.directory("", 0o755)?;
    for (number, path) in home.private.iter().enumerate() {
        if !is_below(path) {
            let odd = io::Error::new(io::ErrorKind::InvalidInput, format!("{path:?} is no path below home"));
            return Err(odd).step(|| "make a private directory".to_owned());
        }
        user.directory(&number.to_string(), 0o755)?;
    }
    let tree = folder(&home.tree).step(|| "the home directory can't be used".to_owned())?;
    if identity.slot().is_some() {
        nix::unistd::setgroups(&[]).step(|| "drop groups".to_owned())?;
    }
    for (name, content) in DOTFILES {
        let made = userns::reach_files_as(identity.owner_of_home(), || new_file(&tree, name, content));
        match made {
            Ok(()) => {}
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSPC | libc::EDQUOT)) => {
                return Err(error).step(|| format!("write {name}"));
            }
            // A home that its owner has closed for writing works without.
            Err(error) => eprintln!("write {name}: {error}"),
        }
    }
    Ok(())
}

/// Where a home's parts are on the host. To be found before the stage covers the way there.
pub(super) struct Sources {
    tree: OwnedFd,
    workspace: Option<OwnedFd>,
    /// Each with its place below home.
    private: Vec<(String, OwnedFd)>,
}

impl Sources {
    /// `directory` is the container's.
    pub(super) fn find(home: &Home, directory: &Path) -> Result<Self, StepError> {
        let tree = folder(&home.tree).step(|| "the home directory can't be mounted".to_owned())?;
        let workspace = home.workspace.as_deref().map(|path| match path.strip_prefix(&home.tree) {
            // What is in the tree may be a symlink by now.
            Ok(below) => beneath(&tree, below).map_err(|error| missing(path, error)),
            Err(_) => folder(path),
        });
        let workspace = workspace.transpose().step(|| "the workspace can't be mounted".to_owned())?;
        let private = home.private.iter().enumerate().map(|(number, path)| {
            let own = folder(&directory.join(PRIVATE).join(number.to_string()));
            Ok((path.clone(), own.step(|| "a private directory can't be mounted".to_owned())?))
        });
        let private = private.collect::<Result<_, StepError>>()?;
        Ok(Self { tree, workspace, private })
    }

    /// Mounts all in the container's root directory `root`, with the tree's owners shifted by `owners`.
    pub(super) fn mount(
        &self,
        root: BorrowedFd<'_>,
        identity: Identity,
        owners: Option<&OwnedFd>,
    ) -> Result<(), StepError> {
        let attributes = mounts::NO_SETUID | mounts::NO_DEVICES;
        let what = || "the home directory can't be mounted".to_owned();
        let shifted = owners.map(AsFd::as_fd);
        let place = beneath(root, Path::new(HOME)).step(what)?;
        mounts::attach_over(self.tree.as_fd(), place.as_fd(), attributes, shifted).step(what)?;
        // Again, for what lies over it now.
        let home = beneath(root, Path::new(HOME)).step(what)?;
        let make_place = |path: &str| userns::reach_files_as(identity.user(), || make_beneath(&home, Path::new(path)));

        let place = make_place(WORKSPACE);
        if let Some(workspace) = &self.workspace {
            let what = || "the workspace can't be mounted".to_owned();
            let place = place.map_err(|error| if is_in_the_way(&error) { in_the_way() } else { error }).step(what)?;
            mounts::attach_over(workspace.as_fd(), place.as_fd(), attributes, shifted).step(what)?;
        }
        for (path, own) in &self.private {
            match make_place(path) {
                Ok(place) => mounts::attach_over(own.as_fd(), place.as_fd(), attributes, None)
                    .step(|| format!("~/{path} can't be mounted"))?,
                // No place for it, for whatever reason, is the owner's affair and no reason not to start: then
                // these files are the tree's.
                Err(error) => eprintln!("~/{path} is not the container's own: {error}"),
            }
        }
        Ok(())
    }
}

/// Opens a directory that the server named. Only what its last part is must not be a symlink.
fn folder(path: &Path) -> io::Result<OwnedFd> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = libc::O_PATH | libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_CLOEXEC;
    let opened = File::options().read(true).custom_flags(flags).open(path);
    opened.map(OwnedFd::from).map_err(|error| missing(path, error))
}

/// Says which directory it is that isn't there.
fn missing(path: &Path, error: io::Error) -> io::Error {
    if is_in_the_way(&error) || error.kind() == io::ErrorKind::NotFound {
        return io::Error::new(io::ErrorKind::NotFound, format!("there is no directory {}", path.display()));
    }
    error
}

/// Opens a directory below `from`, by way of directories only.
fn beneath(from: impl AsFd, path: &Path) -> io::Result<OwnedFd> {
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS);
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    Ok(openat2(from, path, how)?)
}

/// The same, and makes those directories that are missing.
fn make_beneath(from: &OwnedFd, path: &Path) -> io::Result<OwnedFd> {
    let mut reached = from.try_clone()?;
    for name in path.components() {
        let name: &OsStr = name.as_os_str();
        match mkdirat(&reached, name, Mode::from_bits_truncate(0o755)) {
            Ok(()) | Err(Errno::EEXIST) => {}
            // Where nothing can be made, it may be there.
            Err(error) => return beneath(&reached, Path::new(name)).map_err(|_| error.into()),
        }
        reached = beneath(&reached, Path::new(name))?;
    }
    Ok(reached)
}

/// Makes a file where nothing has its name.
fn new_file(tree: &OwnedFd, name: &str, content: &str) -> io::Result<()> {
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let file = match openat(tree, name, flags, Mode::from_bits_truncate(0o644)) {
        Err(Errno::EEXIST) => return Ok(()),
        other => other?,
    };
    let written = File::from(file).write_all(content.as_bytes());
    if written.is_err() {
        // Half of it would never be completed.
        unlinkat(tree, name, UnlinkatFlags::NoRemoveDir)?;
    }
    written
}

/// Whether something that is no directory has the name of one.
fn is_in_the_way(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOTDIR | libc::ELOOP))
}

fn in_the_way() -> io::Error {
    io::Error::other("~/workspace is a file or a link, but has to be a folder; rename or remove it")
}

/// Whether `path` names something below a directory, in plain names only.
fn is_below(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn no_symlink_on_the_way_is_followed() {
        let directory = tempfile::tempdir().unwrap();
        let (tree, other) = (directory.path().join("tree"), directory.path().join("other"));
        fs::create_dir(&tree).unwrap();
        fs::create_dir(&other).unwrap();
        symlink(&other, tree.join("link")).unwrap();
        fs::write(tree.join("file"), "").unwrap();
        let tree = folder(&tree).unwrap();
        for path in ["link", "link/new", "file", "file/new"] {
            assert!(is_in_the_way(&make_beneath(&tree, Path::new(path)).unwrap_err()), "{path}");
        }
        for path in ["../other", "..", "/etc"] {
            assert!(beneath(&tree, Path::new(path)).is_err(), "{path}");
        }
        assert!(make_beneath(&tree, Path::new("new/deep")).is_ok());
        assert!(directory.path().join("tree/new/deep").is_dir());
        assert_eq!(fs::read_dir(other).unwrap().count(), 0);
    }

    #[test]
    fn a_file_is_made_only_where_its_name_is_free() {
        let directory = tempfile::tempdir().unwrap();
        let tree = folder(directory.path()).unwrap();
        let elsewhere = directory.path().join("elsewhere");
        symlink(&elsewhere, directory.path().join("link")).unwrap();
        new_file(&tree, "link", "x").unwrap();
        assert!(!elsewhere.exists());
        new_file(&tree, "new", "x").unwrap();
        new_file(&tree, "new", "y").unwrap();
        assert_eq!(fs::read_to_string(directory.path().join("new")).unwrap(), "x");
    }

    #[test]
    fn a_private_directory_is_below_home() {
        assert!(is_below(".cache") && is_below(".claude/plugins/cache"));
        assert!(["", "/", "/etc", "..", "a/../..", "."].iter().all(|path| !is_below(path)));
    }
}
