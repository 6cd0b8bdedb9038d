//! Everything below a folder, one at a time and without recursion: a container may nest folders as deep as it
//! likes, and descriptors and stack are the server's. What has a path over 1,024 bytes is passed over.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;

use app::model::storage::{FilePath, Kind};

use super::tree::{self, Folder, Tree};

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub files: u64,
    pub folders: u64,
    /// As long as files say they are.
    pub bytes: u64,
}

/// Calls `each` with every folder from `top` on, itself first, with its path and what is in it. A folder that
/// goes meanwhile is passed over. Ends early when `each` says so.
pub(super) fn folders<E: From<io::Error>>(
    tree: &Tree,
    top: &FilePath,
    each: impl FnMut(&FilePath, &Folder, &[tree::Listed]) -> Result<bool, E>,
) -> Result<(), E> {
    folders_seen(tree, top, |_, _| (), each)
}

/// The same, with `seen` for each folder before it is listed.
pub(super) fn folders_seen<E: From<io::Error>>(
    tree: &Tree,
    top: &FilePath,
    mut seen: impl FnMut(&FilePath, &Folder),
    mut each: impl FnMut(&FilePath, &Folder, &[tree::Listed]) -> Result<bool, E>,
) -> Result<(), E> {
    let mut ahead = vec![top.clone()];
    while let Some(path) = ahead.pop() {
        // Reached by their real names, these are folders; one that became a link meanwhile is not entered.
        let opened = match path.parent().zip(path.name()) {
            Some((parent, name)) => tree.folder(&parent).and_then(|parent| parent.folder(name)),
            None => tree.folder(&path),
        };
        let folder = match opened {
            Ok(folder) => folder,
            Err(error) if path != *top && is_gone(&error) => continue,
            Err(error) => return Err(error.into()),
        };
        seen(&path, &folder);
        let listed = folder.list()?;
        if !each(&path, &folder, &listed)? {
            return Ok(());
        }
        let inner = listed.iter().filter(|entry| entry.kind == Kind::Folder);
        ahead.extend(inner.filter_map(|entry| path.join(std::str::from_utf8(&entry.name).ok()?).ok()));
    }
    Ok(())
}

/// How much is at `path`, itself included.
pub(super) fn amount(tree: &Tree, path: &FilePath) -> io::Result<Amount> {
    if let Some((parent, name)) = tree.parent(path)? {
        let stat = parent.stat(name)?;
        if tree::kind(&stat) != Kind::Folder {
            return Ok(Amount { files: 1, folders: 0, bytes: tree::size(&stat) });
        }
    }
    let mut amount = Amount::default();
    folders(tree, path, |_, folder, listed| {
        let files = files(folder, listed)?;
        amount.folders += 1;
        amount.files += files.files;
        amount.bytes = amount.bytes.saturating_add(files.bytes);
        Ok::<_, io::Error>(true)
    })?;
    Ok(amount)
}

/// How much is in a folder itself, but for its folders.
pub(super) fn files(folder: &Folder, listed: &[tree::Listed]) -> io::Result<Amount> {
    let mut amount = Amount::default();
    for entry in listed.iter().filter(|entry| entry.kind != Kind::Folder) {
        amount.files += 1;
        if entry.kind == Kind::File {
            match folder.stat(OsStr::from_bytes(&entry.name)) {
                Ok(stat) => amount.bytes = amount.bytes.saturating_add(tree::size(&stat)),
                Err(error) if is_gone(&error) => amount.files -= 1,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(amount)
}

/// Whether somebody was faster than we.
pub(super) fn is_gone(error: &io::Error) -> bool {
    let is_link = error.raw_os_error() == Some(nix::libc::ELOOP);
    is_link || matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
