//! The last step of everything that gives a file a name: one rename, after which the name has the old thing
//! or the new one, whenever the power goes.

use std::ffi::OsStr;
use std::io;

use app::model::storage::{At, Clash, FileName, numbered};

use super::fault::{Fault, taken};
use super::trash::Trash;
use super::tree::{self, Folder, Tree};

/// The most numbers that are tried for a name.
const MAX_NUMBER: u32 = 10_000;

/// Where something came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settled {
    pub at: At,
    /// What it replaced, in the trash.
    pub trashed: Option<String>,
}

/// Renames `name` in `from` to `at` in `tree`, with what `clash` says when that is taken.
pub(super) fn settle(
    (from, name): (&Folder, &OsStr),
    (tree, at): (&Tree, &At),
    clash: Clash,
    trash: &Trash,
) -> Result<Settled, Fault> {
    let Some((to, wanted)) = tree.parent(&at.path)? else { return Err(taken().into()) };
    let last = if clash == Clash::KeepBoth { MAX_NUMBER } else { 1 };
    for number in 1..=last {
        let candidate = numbered(wanted, number);
        // Where it would come to be, which may be too long a path.
        let at = renamed(at, &candidate)?;
        match from.rename(name, &to, OsStr::new(&candidate)) {
            Ok(()) => {
                to.sync()?;
                return Ok(Settled { at, trashed: None });
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    match clash {
        Clash::Refuse | Clash::KeepBoth => Err(taken().into()),
        Clash::Replace => replace((from, name), (&to, OsStr::new(wanted)), at, trash),
    }
}

fn replace(
    (from, name): (&Folder, &OsStr),
    (to, wanted): (&Folder, &OsStr),
    at: &At,
    trash: &Trash,
) -> Result<Settled, Fault> {
    let (new, old) = (from.stat(name)?, to.stat(wanted)?);
    // One thing by two names, of which the one is reached through a link.
    if (new.st_dev, new.st_ino) == (old.st_dev, old.st_ino) {
        return Ok(Settled { at: at.clone(), trashed: None });
    }
    // What can fail comes first: between the exchange and the end there is one rename.
    let place = trash.prepare(tree::kind(&old), at)?;
    from.exchange(name, to, wanted)?;
    let trashed = match place.take(from, name) {
        Ok(trashed) => trashed,
        Err(error) => {
            from.exchange(name, to, wanted)?;
            return Err(error.into());
        }
    };
    to.sync()?;
    Ok(Settled { at: at.clone(), trashed: Some(trashed) })
}

/// The same for the folders above it that are not there yet.
pub(super) fn check_new_folders(tree: &Tree, at: &At) -> Result<(), Fault> {
    let mut above = at.path.parent();
    while let Some((path, name)) = above.as_ref().and_then(|path| Some((path, path.name()?))) {
        match tree.folder(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let _: FileName = name.parse()?;
            }
            _ => break,
        }
        above = path.parent();
    }
    Ok(())
}

/// What comes to exist must show as what it is; what exists may have any name.
pub(super) fn check_new_name(at: &At) -> Result<(), Fault> {
    let Some(name) = at.path.name() else { return Err(taken().into()) };
    let _: FileName = name.parse()?;
    Ok(())
}

fn renamed(at: &At, name: &str) -> Result<At, Fault> {
    let parent = at.path.parent().unwrap_or_default();
    Ok(At { session: at.session.clone(), path: parent.join(name)? })
}
