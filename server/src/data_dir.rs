//! The data directory: made when it isn't there, and held so that no second server uses it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use thiserror::Error;

/// The file that is locked. It stays when the server ends; the lock does not, however it ends.
const LOCK_FILE: &str = "lock";

/// Why the data directory can't be used.
#[derive(Debug, Error)]
pub enum DataDirError {
    /// It can't be made or written to.
    #[error("the data directory {} can't be used: {cause}", path.display())]
    Unusable { path: PathBuf, cause: io::Error },
    /// Another server has it.
    #[error("another berth already uses the data directory {}", path.display())]
    Taken { path: PathBuf },
}

/// The data directory, this server's until it is dropped.
#[derive(Debug)]
pub struct DataDir {
    _lock: Flock<File>,
}

impl DataDir {
    /// Makes `path`, readable by its owner only, and takes it.
    ///
    /// # Errors
    /// See [`DataDirError`].
    pub fn take(path: &Path) -> Result<Self, DataDirError> {
        let unusable = |cause| DataDirError::Unusable { path: path.to_owned(), cause };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        let lock = path.join(LOCK_FILE);
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(lock).map_err(unusable)?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Self { _lock: lock }),
            Err((_, Errno::EWOULDBLOCK)) => Err(DataDirError::Taken { path: path.to_owned() }),
            Err((_, error)) => Err(unusable(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_is_one_servers_until_it_ends() {
        let parent = tempfile::tempdir().expect("a directory");
        let path = parent.path().join("a/b");
        let first = DataDir::take(&path).expect("free");
        assert!(matches!(DataDir::take(&path), Err(DataDirError::Taken { .. })));
        drop(first);
        DataDir::take(&path).expect("free again");
    }
}
