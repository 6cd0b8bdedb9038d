//! The `metadata` way of sharing a workspace: of each repository only what agents are told of it and remember
//! of it goes from the person's shared workspace into a session's, and back.

use std::io;

use app::model::error::{ApiError, ErrorCode};
use app::model::storage::{At, Clash, FilePath, Kind};
use protocol::SessionId;

use super::fault::Fault;
use super::layout::{Layout, WORKSPACE};
use super::relocate;
use super::service;
use super::trash::Trash;
use super::tree::{self, Tree};
use super::uploads::remove_left;
use super::walk;

/// What is shared of a repository.
const SHARED: [&str; 2] = ["CLAUDE.md", ".claude"];

/// The most bytes of one of these, for nobody asked before they come.
const MAX_SHARED: u64 = 64 << 20;

/// Which way it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Into a session that is about to start: for repositories that it has.
    IntoSession,
    /// Out of one that has stopped.
    OutOfSession,
}

impl Layout {
    /// Brings one side up to what the other has of later date.
    ///
    /// # Errors
    /// When a file can't be read or written; what was copied before stays.
    pub fn share_metadata(&self, person: &str, session: &SessionId, direction: Direction) -> io::Result<()> {
        let place = self.person(person)?;
        let home = Tree::open(&place.home())?;
        home.make_folders(&super::path(WORKSPACE))?;
        let shared = Tree::open(&place.home().join(WORKSPACE))?;
        let own = Tree::open(&place.workspace(session))?;
        let (from, to) = match direction {
            Direction::IntoSession => (shared, own),
            Direction::OutOfSession => (own, shared),
        };
        let (scratch, trash) = (Tree::open(&place.uploads())?, Trash::new(place.trash()));
        for repository in from.folder(&FilePath::default())?.list()? {
            let name = std::str::from_utf8(&repository.name).ok().filter(|_| repository.kind == Kind::Folder);
            let Some(repository) = name.and_then(|name| name.parse::<FilePath>().ok()) else { continue };
            if direction == Direction::IntoSession && to.folder(&repository).is_err() {
                continue;
            }
            for name in SHARED {
                let Ok(path) = repository.join(name) else { continue };
                let new = service::scratch();
                let shared = (|| {
                    if !is_later(&from, &to, &path)? {
                        return Ok(());
                    }
                    to.make_folders(&repository)?;
                    // As a person names them, for what is replaced goes to the trash.
                    let in_session = At { session: Some(session.clone()), path: path.clone() };
                    let (from, to) = match direction {
                        Direction::IntoSession => ((&from, At::home(path.clone())), (&to, in_session)),
                        Direction::OutOfSession => {
                            let in_home = format!("{WORKSPACE}/{path}").parse()?;
                            ((&from, in_session), (&home, At::home(in_home)))
                        }
                    };
                    let may = |bytes| if bytes > MAX_SHARED { Err(too_much()) } else { Ok(()) };
                    let new = (&scratch, &super::path(&new));
                    relocate::copy((from.0, &from.1), (to.0, &to.1), new, Clash::Replace, &trash, may).map(|_| ())
                })();
                remove_left(&place.uploads().join(&new));
                // One's failure is not another's.
                if let Err(fault) = shared {
                    tracing::warn!(%session, %path, ?fault, "what is known of a repository could not be shared");
                }
            }
        }
        Ok(())
    }
}

fn too_much() -> Fault {
    ApiError::new(ErrorCode::QuotaExceeded, format!("It is over {MAX_SHARED} bytes.")).into()
}

/// Whether `from` has something newer at `path` than `to` has.
fn is_later(from: &Tree, to: &Tree, path: &FilePath) -> io::Result<bool> {
    Ok(latest(from, path)? > latest(to, path)?)
}

/// When something at `path` changed last; none when there is nothing.
fn latest(tree: &Tree, path: &FilePath) -> io::Result<Option<(i64, i64)>> {
    let found = tree.parent(path).and_then(|parent| parent.map(|(parent, name)| parent.stat(name)).transpose());
    let stat = match found {
        Ok(Some(stat)) => stat,
        Ok(None) => return Ok(None),
        Err(error) if walk::is_gone(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    if tree::kind(&stat) != Kind::Folder {
        return Ok(Some((stat.st_mtime, stat.st_mtime_nsec)));
    }
    let mut latest = None;
    walk::folders(tree, path, |_, folder, listed| {
        for entry in listed.iter().filter(|entry| entry.kind == Kind::File) {
            use std::os::unix::ffi::OsStrExt as _;
            if let Ok(stat) = folder.stat(std::ffi::OsStr::from_bytes(&entry.name)) {
                latest = latest.max(Some((stat.st_mtime, stat.st_mtime_nsec)));
            }
        }
        Ok::<_, io::Error>(true)
    })?;
    Ok(latest)
}
