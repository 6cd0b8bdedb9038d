//! Removing for ever. A container nests folders as deep as it likes, and stack and descriptors are the server's:
//! so what is nested is first brought up to the top, by a rename, and nothing here recurses.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use app::model::storage::{FilePath, Kind};

use super::tree::{self, Folder, Tree};
use super::walk::is_gone;

/// How often a folder that somebody fills while it is emptied is emptied again.
const MAX_AGAIN: usize = 1_000;

/// Removes what is at a path that nobody but the server can change, with all that is in it. False when there
/// is nothing.
///
/// # Errors
/// When something of it is left.
pub(super) fn remove(path: &Path) -> io::Result<bool> {
    let Some((parent, name)) = path.parent().zip(path.file_name()) else { return Ok(false) };
    let parent = match Tree::open(parent).and_then(|tree| tree.folder(&FilePath::default())) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        parent => parent?,
    };
    match parent.stat(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Ok(stat) if tree::kind(&stat) == Kind::Folder => empty(&parent.folder(name)?)?,
        Ok(_) => return parent.unlink(name).map(|()| true),
        Err(error) => return Err(error),
    }
    parent.remove_folder(name)?;
    Ok(true)
}

/// Removes all that is in `top`.
fn empty(top: &Folder) -> io::Result<()> {
    let mut hoisted = 0_u64;
    for again in 0.. {
        let mut ahead = Vec::new();
        for entry in top.list()? {
            let name = OsStr::from_bytes(&entry.name);
            if entry.kind == Kind::Folder { ahead.push(name.to_owned()) } else { gone(top.unlink(name))? }
        }
        if ahead.is_empty() {
            return Ok(());
        }
        while let Some(name) = ahead.pop() {
            flatten(top, &name, &mut ahead, &mut hoisted)?;
            match top.remove_folder(&name) {
                // Somebody fills it.
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty && again < MAX_AGAIN => {}
                // It is no folder any more.
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => gone(top.unlink(&name))?,
                removed => gone(removed)?,
            }
        }
    }
    Ok(())
}

/// Empties the folder `name` in `top`: what it has of folders comes to be in `top`, and `ahead`.
fn flatten(top: &Folder, name: &OsStr, ahead: &mut Vec<OsString>, hoisted: &mut u64) -> io::Result<()> {
    let folder = match top.folder(name) {
        Err(error) if is_gone(&error) => return Ok(()),
        folder => folder?,
    };
    for entry in folder.list()? {
        let inner = OsStr::from_bytes(&entry.name);
        if entry.kind != Kind::Folder {
            gone(folder.unlink(inner))?;
            continue;
        }
        // Most folders are empty by now, or soon.
        if folder.remove_folder(inner).is_ok() {
            continue;
        }
        loop {
            let new = OsString::from(format!(".{hoisted}"));
            *hoisted += 1;
            match folder.rename(inner, top, &new) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Ok(()) => break ahead.push(new),
                other => break gone(other)?,
            }
        }
    }
    Ok(())
}

/// What is gone already needs no removing.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many folders in each other that neither a stack nor a table of descriptors holds them.
    const DEEP: usize = 8_000;

    #[test]
    fn what_is_nested_deeper_than_any_stack_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let item = directory.path().join("item");
        std::fs::create_dir(&item).unwrap();
        let mut folder = Tree::open(&item).unwrap().folder(&FilePath::default()).unwrap();
        for _ in 0..DEEP {
            folder.make_folder(OsStr::new("d")).unwrap();
            folder = folder.folder("d").unwrap();
        }
        // On a thread with as little stack as there is.
        let removed = std::thread::Builder::new().stack_size(256 << 10).spawn(move || remove(&item)).unwrap();
        assert!(removed.join().unwrap().unwrap());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn links_are_removed_and_what_they_lead_to_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let (canary, item) = (directory.path().join("canary"), directory.path().join("item"));
        std::fs::create_dir_all(item.join("a/b")).unwrap();
        std::fs::create_dir(&canary).unwrap();
        std::fs::write(canary.join("file"), "alive").unwrap();
        for at in ["link", "a/link", "a/b/link", ".0", "a/.0"] {
            std::os::unix::fs::symlink(&canary, item.join(at)).unwrap();
        }
        assert!(remove(&item).unwrap());
        assert!(!remove(&item).unwrap());
        assert_eq!(std::fs::read(canary.join("file")).unwrap(), b"alive");
        std::os::unix::fs::symlink(&canary, &item).unwrap();
        assert!(remove(&item).unwrap());
        assert_eq!(std::fs::read(canary.join("file")).unwrap(), b"alive");
    }
}
