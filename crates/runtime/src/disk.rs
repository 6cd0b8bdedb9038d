//! How much of the disk a container's own files take, for drivers that have them in directories of this host.
//!
//! Whoever is in the container may change them at any moment, and make them as many and as deep as there is room. So
//! the walk goes from one open directory to the next, follows no link, holds no more than its way down, and ends.

use std::collections::HashSet;
use std::ffi::CStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::dir::{Dir, OwningIter};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, openat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat};

/// What `st_blocks` counts in, bytes; see stat(2).
const BLOCK: u64 = 512;
/// Directories within one another that are looked into. Each is two descriptors.
const DEEPEST: usize = 64;
/// Files of several names that are remembered, so that each is counted once.
const MOST_LINKED: usize = 100_000;
/// What one walk may take.
const LIMIT: Duration = Duration::from_secs(60);

const DIRECTORY: OFlag = OFlag::O_DIRECTORY.union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC).union(OFlag::O_RDONLY);

/// A directory that is being gone through.
struct Level {
    directory: OwnedFd,
    entries: OwningIter,
}

impl Level {
    fn of(directory: OwnedFd) -> io::Result<Self> {
        let entries = Dir::from_fd(directory.try_clone()?)?.into_iter();
        Ok(Self { directory, entries })
    }
}

/// Bytes on disk of all that is in `directories`, each file once: holes don't count, and neither do other file systems,
/// what may not be looked into, and what is nested more than 64 deep. What is not there, or goes meanwhile, is
/// nothing. Takes a minute at most, on a thread where it disturbs nobody.
///
/// # Errors
/// When one of `directories` can't be read; `TimedOut`.
pub async fn count(directories: &[PathBuf]) -> io::Result<u64> {
    let tops = open(directories)?;
    tokio::task::spawn_blocking(|| bytes_in(tops, LIMIT)).await.unwrap_or_else(|error| Err(error.into()))
}

fn open(directories: &[PathBuf]) -> io::Result<Vec<OwnedFd>> {
    let opened = directories.iter().map(|top| openat(AT_FDCWD, top, DIRECTORY, Mode::empty()));
    let opened = opened.filter(|opened| !opened.as_ref().is_err_and(|errno| is_gone(*errno)));
    Ok(opened.collect::<nix::Result<_>>()?)
}

fn bytes_in(tops: Vec<OwnedFd>, limit: Duration) -> io::Result<u64> {
    let (mut bytes, mut linked, deadline) = (0_u64, HashSet::new(), Instant::now() + limit);
    for top in tops {
        let device = fstat(&top)?.st_dev;
        let mut levels = vec![Level::of(top)?];
        while let Some(level) = levels.last_mut() {
            let Some(entry) = level.entries.next() else {
                levels.pop();
                continue;
            };
            if Instant::now() > deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            let Some(found) = look(level, name)? else { continue };
            if found.st_dev != device || is_counted(&mut linked, &found) {
                continue;
            }
            bytes = bytes.saturating_add(u64::try_from(found.st_blocks).unwrap_or_default() * BLOCK);
            if is_directory(&found)
                && levels.len() < DEEPEST
                && let Some(inner) = enter(levels.last(), name, device)?
            {
                levels.push(inner);
            }
        }
    }
    Ok(bytes)
}

fn look(level: &Level, name: &CStr) -> io::Result<Option<FileStat>> {
    there(fstatat(&level.directory, name, AtFlags::AT_SYMLINK_NOFOLLOW))
}

/// Opens a directory, if it still is one and of the file system `device`.
fn enter(level: Option<&Level>, name: &CStr, device: u64) -> io::Result<Option<Level>> {
    let Some(level) = level else { return Ok(None) };
    let Some(opened) = there(openat(&level.directory, name, DIRECTORY, Mode::empty()))? else { return Ok(None) };
    if fstat(&opened)?.st_dev == device { Level::of(opened).map(Some) } else { Ok(None) }
}

/// Whether a file of several names has been met by another. Takes note of it.
fn is_counted(linked: &mut HashSet<u64>, found: &FileStat) -> bool {
    let has_others = found.st_nlink > 1 && !is_directory(found) && linked.len() < MOST_LINKED;
    has_others && !linked.insert(found.st_ino)
}

fn is_directory(found: &FileStat) -> bool {
    SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT == SFlag::S_IFDIR
}

/// None for what has gone or may not be looked into.
fn there<T>(looked: nix::Result<T>) -> io::Result<Option<T>> {
    match looked {
        Err(errno) if is_gone(errno) || errno == Errno::EACCES => Ok(None),
        looked => Ok(Some(looked?)),
    }
}

/// What is no directory any more, or a link now, is gone as well.
fn is_gone(errno: Errno) -> bool {
    matches!(errno, Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs::{self, File};
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;

    const MEBIBYTE: u64 = 1 << 20;

    fn bytes(top: &Path) -> u64 {
        bytes_in(open(&[top.to_owned()]).unwrap(), LIMIT).unwrap()
    }

    fn grown(top: &Path, by: impl FnOnce()) -> u64 {
        let before = bytes(top);
        by();
        bytes(top) - before
    }

    #[test]
    fn what_is_written_counts_and_what_is_only_named_does_not() {
        let place = tempfile::tempdir().unwrap();
        let (top, elsewhere) = (place.path().join("top"), place.path().join("elsewhere"));
        fs::create_dir_all(top.join("a/b")).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("large"), vec![1; 4 << 20]).unwrap();
        let written = grown(&top, || fs::write(top.join("a/b/file"), vec![1; 2 << 20]).unwrap());
        assert!((2 * MEBIBYTE..3 * MEBIBYTE).contains(&written), "{written}");
        let named = grown(&top, || {
            fs::hard_link(top.join("a/b/file"), top.join("second")).unwrap();
            symlink(&elsewhere, top.join("link")).unwrap();
            File::create(top.join("holes")).unwrap().set_len(1 << 40).unwrap();
        });
        assert!(named < MEBIBYTE, "{named}");
        for nothing in ["nothing", "top/second", "top/link"] {
            assert_eq!(bytes(&place.path().join(nothing)), 0, "{nothing}");
        }
    }

    #[test]
    fn a_tree_without_end_is_counted_as_far_as_it_goes_in_the_time_there_is() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("file"), vec![1; 1 << 20]).unwrap();
        let script = "n=$(printf '%0200d' 0); for i in $(seq 300); do mkdir $n && cd -P $n || exit 1; done";
        let made = std::process::Command::new("bash").args(["-c", script]).current_dir(place.path()).status().unwrap();
        assert!(made.success());
        assert!(bytes(place.path()) >= MEBIBYTE);
        let late = bytes_in(open(&[place.path().to_owned()]).unwrap(), Duration::ZERO).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn what_changes_places_meanwhile_leads_nowhere_else() {
        let place = tempfile::tempdir().unwrap();
        let (top, elsewhere) = (place.path().join("top"), place.path().join("elsewhere"));
        fs::create_dir_all(top.join("real")).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("large"), vec![1; 8 << 20]).unwrap();
        symlink(&elsewhere, place.path().join("link")).unwrap();
        let over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                use nix::fcntl::{RenameFlags, renameat2};
                let (real, link) = (top.join("real"), place.path().join("link"));
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    renameat2(AT_FDCWD, &real, AT_FDCWD, &link, RenameFlags::RENAME_EXCHANGE).unwrap();
                }
            });
            let most = (0..2_000).map(|_| bytes(&top)).max();
            over.store(true, std::sync::atomic::Ordering::Relaxed);
            assert!(most.unwrap() < MEBIBYTE, "{most:?}");
        });
    }
}
