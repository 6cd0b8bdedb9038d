//! What a person deleted, for thirty days: each thing in a directory of its own, beside a file that says
//! where it was. That file comes first, so that nothing lies there of which nobody knows.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use app::model::storage::{At, FilePath, Kind, Trashed};
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::remove::remove;
use super::tree::{self, Folder, Tree};
use super::walk;
use crate::auth;

/// How long something stays.
const LIFE: Duration = Duration::days(30);

const ITEM: &str = "item";
const ABOUT: &str = "about.json";

/// One person's trash.
#[derive(Debug, Clone)]
pub(super) struct Trash {
    directory: PathBuf,
}

/// A place in the trash with nothing in it yet; removed when it is dropped so.
#[derive(Debug)]
pub(super) struct Prepared {
    id: String,
    place: PathBuf,
    about: About,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct About {
    was: At,
    kind: Kind,
    bytes: u64,
    #[serde(with = "time::serde::rfc3339")]
    deleted_at: OffsetDateTime,
}

impl Trash {
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Takes `name` out of `from`, of which it was `was`; answers what it is here.
    pub fn take(&self, from: &Folder, name: &OsStr, was: &At) -> io::Result<String> {
        self.prepare(tree::kind(&from.stat(name)?), was)?.take(from, name)
    }

    /// Makes a place for something.
    pub fn prepare(&self, kind: Kind, was: &At) -> io::Result<Prepared> {
        let id = auth::random_id();
        let place = self.directory.join(&id);
        fs::create_dir(&place)?;
        let about = About { was: was.clone(), kind, bytes: 0, deleted_at: OffsetDateTime::now_utc() };
        let prepared = Prepared { id, place, about };
        write(&prepared.place, &prepared.about, true)?;
        Ok(prepared)
    }

    /// All of it, latest first.
    pub fn list(&self) -> io::Result<Vec<Trashed>> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let place = entry?.path();
            let Some((id, about)) = place.file_name().and_then(OsStr::to_str).zip(read(&place)?) else { continue };
            let text = |time: OffsetDateTime| time.format(&Rfc3339).unwrap_or_default();
            let gone_at = about.deleted_at.checked_add(LIFE).unwrap_or(about.deleted_at);
            let (at, deleted_at) = (about.deleted_at, text(about.deleted_at));
            let About { was, kind, bytes, .. } = about;
            all.push((at, Trashed { id: id.to_owned(), was, kind, bytes, deleted_at, gone_at: text(gone_at) }));
        }
        all.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.was.path.cmp(&other.was.path)));
        Ok(all.into_iter().map(|(_, trashed)| trashed).collect())
    }

    /// Where `id` was, and the folder that holds it as [`Self::item`]. None when there is none.
    pub fn find(&self, id: &str) -> io::Result<Option<(At, Folder)>> {
        let Some(place) = self.place(id) else { return Ok(None) };
        let Some(about) = read(&place)? else { return Ok(None) };
        Ok(Some((about.was, Tree::open(&place)?.folder(&FilePath::default())?)))
    }

    /// What a thing is called here.
    pub fn item() -> &'static OsStr {
        OsStr::new(ITEM)
    }

    /// Removes `id` for ever; also what is left of one that was restored. False when there is none.
    pub fn remove(&self, id: &str) -> io::Result<bool> {
        let Some(place) = self.place(id) else { return Ok(false) };
        remove(&place)
    }

    /// Bytes of all of it.
    pub fn bytes(&self) -> io::Result<u64> {
        Ok(self.list()?.iter().map(|trashed| trashed.bytes).fold(0, u64::saturating_add))
    }

    /// Removes what is here longer than [`LIFE`], and what a crash left half-way. Answers how many.
    pub fn sweep(&self, now: OffsetDateTime) -> io::Result<usize> {
        let mut removed = 0;
        for entry in fs::read_dir(&self.directory)? {
            let place = entry?.path();
            match is_due(&place, now).and_then(|is_due| if is_due { remove(&place) } else { Ok(false) }) {
                Ok(is_gone) => removed += usize::from(is_gone),
                // One's failure is not another's: a container may still write into what was deleted.
                Err(error) => {
                    tracing::warn!(%error, path = %place.display(), "what is due of a trash could not be removed");
                }
            }
        }
        Ok(removed)
    }

    fn place(&self, id: &str) -> Option<PathBuf> {
        let is_id = !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_id.then(|| self.directory.join(id))
    }
}

impl Prepared {
    /// Takes `name` in `from` there; answers what it is in the trash. An error leaves it where it was.
    pub fn take(self, from: &Folder, name: &OsStr) -> io::Result<String> {
        let here = Tree::open(&self.place)?;
        let folder = here.folder(&FilePath::default())?;
        from.rename(name, &folder, OsStr::new(ITEM))?;
        let counted = (|| {
            let bytes = walk::amount(&here, &super::path(ITEM))?.bytes;
            write(&self.place, &About { bytes, ..self.about.clone() }, false)
        })();
        if let Err(error) = counted {
            tracing::warn!(%error, "how much was put into the trash could not be counted");
        }
        Ok(self.id.clone())
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // Only what is surely empty of their files is removed.
        let is_empty = matches!(
            self.place.join(ITEM).symlink_metadata(), Err(error) if error.kind() == io::ErrorKind::NotFound
        );
        if is_empty && let Err(error) = remove(&self.place) {
            tracing::warn!(%error, "an empty place in the trash could not be removed");
        }
    }
}

/// Whether what is at `place` has been there for [`LIFE`], or is what a crash left half-way.
fn is_due(place: &Path, now: OffsetDateTime) -> io::Result<bool> {
    // What is being put here at this moment has no item yet, and is left to the next sweep.
    let changed = place.metadata().and_then(|facts| facts.modified()).map(OffsetDateTime::from);
    let is_new = changed.is_ok_and(|at| at > now - Duration::HOUR);
    Ok(match read(place)? {
        // A clock that was wrong may have put it where no calendar ends.
        Some(about) => about.deleted_at.checked_add(LIFE).is_some_and(|due| due <= now),
        None => !is_new,
    })
}

/// What is known of a thing; none when it is not there, or nothing that can be read says what it was.
fn read(place: &Path) -> io::Result<Option<About>> {
    if place.join(ITEM).symlink_metadata().is_err() {
        return Ok(None);
    }
    match fs::read(place.join(ABOUT)) {
        Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes what is known of a thing; `surely` before anything of theirs comes to be there.
fn write(place: &Path, about: &About, surely: bool) -> io::Result<()> {
    let unfinished = place.join("about.new");
    let text = serde_json::to_vec(about)?;
    if surely {
        super::write_synced(&unfinished, &text)?;
    } else {
        fs::write(&unfinished, text)?;
    }
    fs::rename(unfinished, place.join(ABOUT))
}
