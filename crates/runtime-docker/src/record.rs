//! What the driver keeps on this host about each session's container.
//!
//! ```text
//! <directory>/
//!   seccomp.json          the filter, for Podman, which wants a file
//!   <session>/
//!     record.json         what the container was made from, and its id
//!     started.json        that it has run
//!     stopping.json       that we were asked to stop its run, and which
//!     run/                the guest's private directory, the container's to write
//!     private/<n>/        its own files in place of those of the person's home
//! ```

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use protocol::guest::{EXIT_FILE, ExitRecord};
use protocol::{ContainerId, SessionId};
use runtime::{Home, Limits};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const RECORD: &str = "record.json";
const STARTED: &str = "started.json";
const STOPPING: &str = "stopping.json";
const RUN: &str = "run";
const PRIVATE: &str = "private";
/// The most that is read of what a guest left; its record is some thirty bytes.
const LARGEST_LEFT: u64 = 4096;

/// What a container was made from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    /// None while it is being made.
    pub id: Option<ContainerId>,
    /// The engine that it was made at.
    pub engine: String,
    pub session: SessionId,
    pub limits: Limits,
    /// Whom programs run as, on both sides.
    pub user: u32,
    pub home: Option<Home>,
    /// Has a network of its own, which has to be walled off when it starts.
    pub walled: bool,
}

/// That a run is being stopped by us. The run is named by when it began, as the engine has it.
#[derive(Debug, Serialize, Deserialize)]
struct Stopping {
    started_at: String,
}

/// One session's directory.
#[derive(Debug, Clone)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn of(root: &Path, session: &SessionId) -> Self {
        Self(root.join(session.as_str()))
    }

    /// All that there are.
    pub(crate) fn all(root: &Path) -> io::Result<Vec<(SessionId, Self)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(root)? {
            let entry = entry?;
            if let Some(session) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
                found.push((session, Self(entry.path())));
            }
        }
        Ok(found)
    }

    /// Makes it anew.
    pub(crate) fn make(&self, record: &Record, config: &[u8]) -> io::Result<()> {
        self.remove()?;
        make_closed(&self.0)?;
        make_closed(&self.run())?;
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(self.run().join(protocol::guest::CONFIG_FILE))?;
        file.write_all(config)?;
        let private = record.home.iter().flat_map(|home| 0..home.private.len());
        for number in private {
            let path = self.private(number);
            DirBuilder::new().recursive(true).mode(0o755).create(&path)?;
            fs::set_permissions(&path, Permissions::from_mode(0o755))?;
            if fs::metadata(&path)?.uid() != record.user {
                chown(&path, Some(record.user), Some(record.user))?;
            }
        }
        self.write(record)
    }

    pub(crate) fn write(&self, record: &Record) -> io::Result<()> {
        write(&self.0.join(RECORD), record)
    }

    pub(crate) fn record(&self) -> io::Result<Option<Record>> {
        read(&self.0.join(RECORD))
    }

    /// The guest's private directory.
    pub(crate) fn run(&self) -> PathBuf {
        self.0.join(RUN)
    }

    /// All files of its own in place of those of the home.
    pub(crate) fn privates(&self) -> PathBuf {
        self.0.join(PRIVATE)
    }

    pub(crate) fn private(&self, number: usize) -> PathBuf {
        self.0.join(PRIVATE).join(number.to_string())
    }

    pub(crate) fn expect_end(&self, started_at: &str) -> io::Result<()> {
        write(&self.0.join(STOPPING), &Stopping { started_at: started_at.to_owned() })
    }

    pub(crate) fn has_started(&self) -> io::Result<()> {
        write(&self.0.join(STARTED), &true)
    }

    pub(crate) fn was_started(&self) -> bool {
        self.0.join(STARTED).exists()
    }

    /// Whether the run that began then was stopped by us.
    pub(crate) fn end_was_expected(&self, started_at: &str) -> bool {
        read::<Stopping>(&self.0.join(STOPPING))
            .ok()
            .flatten()
            .is_some_and(|stopping| stopping.started_at == started_at)
    }

    /// Forgets how the last run ended.
    pub(crate) fn forget_end(&self) -> io::Result<()> {
        for path in [self.0.join(STOPPING), self.run().join(EXIT_FILE)] {
            remove_file(&path)?;
        }
        Ok(())
    }

    /// What the guest wrote when it ended by itself, if it did and it makes sense. The directory is the container's
    /// to change.
    pub(crate) fn left_by_guest(&self) -> Option<ExitRecord> {
        let flags = nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK;
        let file = File::options().read(true).custom_flags(flags.bits()).open(self.run().join(EXIT_FILE)).ok()?;
        if !file.metadata().ok()?.is_file() {
            return None;
        }
        let mut text = Vec::new();
        file.take(LARGEST_LEFT).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    pub(crate) fn remove(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Makes a directory that is ours alone.
pub(crate) fn make_closed(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file in place of an older one, whole. Mode 0600.
pub(crate) fn write<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let temporary = path.with_extension("new");
    remove_file(&temporary)?;
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(&serde_json::to_vec(value)?)?;
    fs::rename(&temporary, path)
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
