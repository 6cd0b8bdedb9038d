//! How much of the disk a container's own files take, for drivers that have them in directories of this host.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

/// What `st_blocks` counts in, bytes; see stat(2).
const BLOCK: u64 = 512;

/// Bytes on disk of all that is in `directories`, each file once: holes don't count, other file systems neither, and no
/// link is followed. What is not there, or goes meanwhile, is nothing. Blocks for as long as the walk takes.
///
/// # Errors
/// When a directory can't be read.
pub fn bytes_in(directories: &[PathBuf]) -> io::Result<u64> {
    let (mut bytes, mut linked) = (0_u64, HashSet::new());
    for top in directories {
        let Some(found) = there(fs::symlink_metadata(top))? else { continue };
        let device = found.dev();
        let mut left = vec![top.clone()];
        while let Some(directory) = left.pop() {
            let Some(entries) = there(fs::read_dir(&directory))? else { continue };
            for entry in entries {
                let path = entry?.path();
                let Some(found) = there(fs::symlink_metadata(&path))? else { continue };
                if found.dev() != device || is_counted(&mut linked, &found) {
                    continue;
                }
                bytes = bytes.saturating_add(found.blocks() * BLOCK);
                if found.is_dir() {
                    left.push(path);
                }
            }
        }
    }
    Ok(bytes)
}

/// Whether a file of several names has been met by another. Takes note of it.
fn is_counted(linked: &mut HashSet<(u64, u64)>, found: &Metadata) -> bool {
    !found.is_dir() && found.nlink() > 1 && !linked.insert((found.dev(), found.ino()))
}

/// None for what is gone, has become something else, or is named at greater length than the kernel takes.
fn there<T>(looked: io::Result<T>) -> io::Result<Option<T>> {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
    match looked {
        Err(error) if matches!(error.kind(), NotFound | NotADirectory | InvalidFilename) => Ok(None),
        looked => looked.map(Some),
    }
}

/// The same on a thread where it disturbs nobody.
///
/// # Errors
/// Those of [`bytes_in`].
pub async fn count(directories: Vec<PathBuf>) -> io::Result<u64> {
    tokio::task::spawn_blocking(move || bytes_in(&directories)).await.unwrap_or_else(|error| Err(error.into()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs::File;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;

    const MEBIBYTE: u64 = 1 << 20;

    fn grown(top: &Path, by: impl FnOnce()) -> u64 {
        let before = bytes_in(&[top.to_owned()]).unwrap();
        by();
        bytes_in(&[top.to_owned()]).unwrap() - before
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
        assert_eq!(bytes_in(&[place.path().join("nothing"), top.join("second")]).unwrap(), 0);
    }

    #[test]
    fn a_tree_deeper_than_a_path_may_be_long_is_counted_as_far_as_it_goes() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("file"), vec![1; 1 << 20]).unwrap();
        let script = "n=$(printf '%0200d' 0); for i in $(seq 40); do mkdir $n && cd -P $n || exit 1; done";
        let made = std::process::Command::new("bash").args(["-c", script]).current_dir(place.path()).status().unwrap();
        assert!(made.success());
        assert!(bytes_in(&[place.path().to_owned()]).unwrap() >= MEBIBYTE);
    }
}
