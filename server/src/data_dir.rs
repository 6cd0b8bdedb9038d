//! The data directory: made when it isn't there, and held so that no second server uses it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use thiserror::Error;

/// The file that is locked. It stays when the server ends; the lock does not, however it ends.
const LOCK_FILE: &str = "lock";

/// The file that holds this installation's name.
const INSTALLATION_FILE: &str = "installation";
/// Random digits of it: enough that no two installations at one engine share it.
const INSTALLATION_DIGITS: usize = 16;

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

/// The random name of the installation whose data directory this is, made the first time. What is made outside of
/// the directory carries it, so that two installations on one host leave each other's alone.
///
/// # Errors
/// When it can't be read or written, or is damaged.
pub fn installation(data_dir: &Path) -> io::Result<String> {
    let path = data_dir.join(INSTALLATION_FILE);
    match fs::read_to_string(&path) {
        Ok(name) if name.len() == INSTALLATION_DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            return Ok(name);
        }
        Ok(_) => {
            let what = format!("{} is damaged; put back the name that containers carry", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Err(_) => {}
    }
    let name = format!("{:0INSTALLATION_DIGITS$x}", rand::random::<u64>());
    // Whole or not at all, whatever happens in between.
    let temporary = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(name.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, &path)?;
    Ok(name)
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

    #[test]
    fn an_installation_keeps_its_name_and_shares_it_with_no_other() {
        let (one, other) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
        let name = installation(one.path()).expect("made");
        assert_eq!(installation(one.path()).expect("kept"), name);
        assert_ne!(installation(other.path()).expect("made"), name);
        fs::write(one.path().join(INSTALLATION_FILE), "").expect("written");
        let told = installation(one.path()).expect_err("damaged").to_string();
        assert!(told.contains("is damaged; put back"), "{told}");
    }
}
