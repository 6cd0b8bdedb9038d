//! People's files: one tree a person, which is home in every container of theirs, and a workspace a session.
//!
//! Owns where files are ([`Layout`]), how they come and go, what is in the trash, and how much there is. Knows
//! nothing of HTTP or of what runs containers; only containers write into the trees besides it. What they
//! write is never believed: a name is resolved by the kernel beneath the tree's root in the call that uses it
//! (`tree`), and everything that gives a file its name ends in one rename (`settle`).
//!
//! Work that waits for a disk is done on threads of its own ([`off_the_tasks`]).

mod archive;
mod fault;
mod incoming;
mod layout;
mod listing;
mod markdown;
mod metadata;
mod open;
mod relocate;
mod remove;
mod seed;
mod service;
mod settle;
mod tally;
mod trash;
mod tree;
mod uploads;
mod walk;
mod watch;

pub use layout::Layout;
pub use metadata::Direction;
pub use service::StorageService;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use app::model::storage::FilePath;

/// Does what waits for a disk where nobody else waits for it.
async fn off_the_tasks<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<io::Error> + Send + 'static,
{
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error).into()))
}

/// A path that is ours, and right.
fn path(text: &str) -> FilePath {
    text.parse().unwrap_or_default()
}

/// Writes a whole file, onto the disk.
fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
