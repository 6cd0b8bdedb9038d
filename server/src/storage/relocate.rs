//! Moving, renaming and copying, and taking out of the trash.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;

use app::model::error::{ApiError, ErrorCode};
use app::model::storage::{At, Clash, FilePath, Kind};

use super::fault::{Fault, no_such_file};
use super::settle::{Settled, check_new_name, settle};
use super::trash::Trash;
use super::tree::{self, Folder, Tree};
use super::walk;

/// Moves `from` to `to`.
pub(super) fn relocate(
    (from_tree, from): (&Tree, &At),
    (to_tree, to): (&Tree, &At),
    clash: Clash,
    trash: &Trash,
) -> Result<Settled, Fault> {
    check(from, to)?;
    if from == to {
        return Ok(Settled { at: to.clone(), trashed: None });
    }
    if from.path.name() != to.path.name() {
        check_new_name(to)?;
    }
    let (folder, name) = from_tree.parent(&from.path)?.ok_or_else(no_such_file)?;
    if clash == Clash::Replace && from.session == to.session && from.path.is_within(&to.path) {
        return Err(ApiError::conflict("What holds it can't be replaced by it.").into());
    }
    settle((&folder, OsStr::new(name)), (to_tree, to), clash, trash)
}

/// Copies `from` to `to`: whole or not at all, for it is made in `scratch` and then renamed. Before each file, `may`
/// says whether there may be so many bytes in all.
pub(super) fn copy(
    (from_tree, from): (&Tree, &At),
    (to_tree, to): (&Tree, &At),
    (scratch, name): (&Tree, &FilePath),
    clash: Clash,
    trash: &Trash,
    mut may: impl FnMut(u64) -> Result<(), Fault>,
) -> Result<Settled, Fault> {
    check(from, to)?;
    if from.path.name() != to.path.name() {
        check_new_name(to)?;
    }
    let mut all = 0_u64;
    let mut one = |from: &Folder, name: &OsStr, to: &Folder, new: &OsStr| -> Result<(), Fault> {
        copy_one(from, name, to, new, |size| {
            all = all.saturating_add(size);
            may(all)
        })
    };
    // A copy beside the original can only be called otherwise.
    let clash = if from == to { Clash::KeepBoth } else { clash };
    let (folder, source) = from_tree.parent(&from.path)?.ok_or_else(no_such_file)?;
    let (target, new) = scratch.parent(name)?.ok_or_else(no_such_file)?;
    one(&folder, OsStr::new(source), &target, OsStr::new(new))?;
    if tree::kind(&target.stat(new)?) == Kind::Folder {
        // From there on no path is longer than the original's.
        let copy = scratch.folder(name)?.tree()?;
        walk::folders(from_tree, &from.path, |path, folder, listed| {
            let mut inner = path.names().skip(from.path.names().count());
            let inner = inner.try_fold(FilePath::default(), |path, name| path.join(name))?;
            // Its own folder was copied before it.
            let here = match copy.folder(&inner) {
                Err(error) if walk::is_gone(&error) => return Ok(true),
                here => here?,
            };
            for entry in listed {
                let name = OsStr::from_bytes(&entry.name);
                match one(folder, name, &here, name) {
                    Err(Fault::Io(error)) if walk::is_gone(&error) || error.kind() == io::ErrorKind::InvalidInput => {}
                    outcome => outcome?,
                }
            }
            Ok::<_, Fault>(true)
        })?;
    }
    settle((&target, OsStr::new(new)), (to_tree, to), clash, trash)
}

/// Copies one thing, a folder without what is in it.
///
/// # Errors
/// `InvalidInput` for sockets and the like.
fn copy_one(
    from: &Folder,
    name: &OsStr,
    to: &Folder,
    new: &OsStr,
    may: impl FnOnce(u64) -> Result<(), Fault>,
) -> Result<(), Fault> {
    match tree::kind(&from.stat(name)?) {
        Kind::Folder => Ok(to.make_folder(new)?),
        Kind::Link => Ok(to.make_link(new, &from.read_link(name)?)?),
        Kind::Other => Err(io::Error::from(io::ErrorKind::InvalidInput).into()),
        Kind::File => {
            let (source, stat) = from.file(name)?;
            may(tree::size(&stat))?;
            let mut copy = to.make_file(new)?;
            // In the kernel, and without a copy at all where the file system can. One that grows meanwhile has an
            // end all the same.
            io::copy(&mut io::Read::take(source, tree::size(&stat)), &mut copy)?;
            keep_facts(&copy, &stat)?;
            Ok(copy.sync_all()?)
        }
    }
}

/// A copy is as old as its original, and as executable; it is nobody's set-user-id program.
fn keep_facts(copy: &File, stat: &nix::sys::stat::FileStat) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    copy.set_permissions(std::fs::Permissions::from_mode(stat.st_mode & 0o777))?;
    let seconds = u64::try_from(stat.st_mtime).unwrap_or_default();
    let nanoseconds = u32::try_from(stat.st_mtime_nsec).unwrap_or_default();
    let modified = std::time::UNIX_EPOCH.checked_add(std::time::Duration::new(seconds, nanoseconds));
    modified.map_or(Ok(()), |modified| copy.set_modified(modified))
}

fn check(from: &At, to: &At) -> Result<(), ApiError> {
    if from.path.is_root() || to.path.is_root() {
        return Err(ApiError::new(ErrorCode::ValidationError, "The whole tree can't be moved, copied or replaced."));
    }
    if from.session == to.session && to.path != from.path && to.path.is_within(&from.path) {
        return Err(ApiError::new(ErrorCode::ValidationError, "A folder can't go into itself."));
    }
    Ok(())
}

/// Takes `id` out of the trash, to where it was; to home's root when there is no such place any more.
pub(super) fn restore(trash: &Trash, id: &str, tree_of: impl Fn(&At) -> Result<Tree, Fault>) -> Result<Settled, Fault> {
    let Some((was, folder)) = trash.find(id)? else { return Err(ApiError::not_found("thing in the trash").into()) };
    let parent = was.path.parent().unwrap_or_default();
    let (tree, at) = match tree_of(&was).and_then(|tree| Ok((tree.clone(), tree.make_folders(&parent)?))) {
        Ok((tree, _)) => (tree, was),
        Err(_) => {
            let name = was.path.name().ok_or_else(no_such_file)?;
            let at = At::home(FilePath::default().join(name)?);
            (tree_of(&at)?, at)
        }
    };
    let settled = settle((&folder, Trash::item()), (&tree, &at), Clash::KeepBoth, trash)?;
    trash.remove(id)?;
    Ok(settled)
}
