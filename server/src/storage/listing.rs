//! A part of a folder, sorted.

use std::cmp::{Ordering, Reverse};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::model::storage::{At, Browse, Entry, Found, Kind, Listing, Search, SearchResults, Sort};
use nix::sys::stat::FileStat;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use super::tree::{self, Folder, Listed, Tree};
use super::walk;

/// Folders with more entries than this are kept sorted.
const LARGE: usize = 1_000;
/// How many hits a search has, and how long it may take.
const MAX_FOUND: usize = 200;
const SEARCH_LIMIT: std::time::Duration = std::time::Duration::from_secs(2);

/// The last large folder that was sorted by names: whoever scrolls through it asks for one part after the other.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<Option<(Key, Arc<[Listed]>)>>);

/// What a sorted folder is the same as long as.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    device: u64,
    inode: u64,
    /// When a name in it changed last.
    changed: (i64, i64),
    sort: Sort,
    descending: bool,
    hidden: bool,
    except: Option<String>,
}

impl Recent {
    /// Lists what was asked for, but for a name that is passed over.
    pub fn browse(&self, tree: &Tree, what: &Browse, except: Option<&str>) -> io::Result<Listing> {
        let folder = tree.folder(&what.path)?;
        let key = Key::of(&folder, what, except)?;
        let kept = self.lock().clone().filter(|(kept, _)| Some(kept) == key.as_ref());
        let sorted = match kept {
            Some((_, sorted)) => sorted,
            None => {
                let sorted: Arc<[Listed]> = sorted(&folder, what, except)?.into();
                if let Some(key) = key.filter(|_| sorted.len() > LARGE) {
                    *self.lock() = Some((key, Arc::clone(&sorted)));
                }
                sorted
            }
        };
        let page = sorted.iter().skip(what.offset as usize).take(what.limit as usize);
        let entries =
            page.filter_map(|listed| entry(&folder, &what.at(), listed).transpose()).collect::<Result<_, _>>()?;
        Ok(Listing { entries, offset: what.offset, total: u32::try_from(sorted.len()).unwrap_or(u32::MAX) })
    }

    /// Lets go of it.
    pub fn forget(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Key, Arc<[Listed]>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Key {
    /// None when it may change without being another: by sizes and times, and within a tick of the kernel's clock.
    fn of(folder: &Folder, what: &Browse, except: Option<&str>) -> io::Result<Option<Self>> {
        let stat = folder.stat(".")?;
        let now = OffsetDateTime::now_utc().unix_timestamp();
        // A container sets the one time, the kernel alone the other.
        let is_settled = stat.st_ctime < now - 1;
        let by_names = matches!(what.sort, Sort::Name | Sort::Type);
        Ok((is_settled && by_names).then(|| Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            changed: (stat.st_ctime, stat.st_ctime_nsec),
            sort: what.sort,
            descending: what.descending,
            hidden: what.hidden,
            except: except.map(str::to_owned),
        }))
    }
}

fn sorted(folder: &Folder, what: &Browse, except: Option<&str>) -> io::Result<Vec<Listed>> {
    let mut listed = folder.list()?;
    listed.retain(|entry| {
        (what.hidden || !entry.name.starts_with(b".")) && except.is_none_or(|name| entry.name != name.as_bytes())
    });
    let mut keyed: Vec<Keyed> = listed.into_iter().map(|entry| Keyed::new(folder, entry, what.sort)).collect();
    keyed.sort_by(|a, b| a.compare(b, what.descending));
    Ok(keyed.into_iter().map(|keyed| keyed.listed).collect())
}

/// An entry with what it is sorted by.
struct Keyed {
    listed: Listed,
    /// Folded, so that case does not count.
    name: String,
    number: i64,
    text: String,
}

impl Keyed {
    fn new(folder: &Folder, listed: Listed, sort: Sort) -> Self {
        let name = String::from_utf8_lossy(&listed.name).to_lowercase();
        let stat = || folder.stat(OsStr::from_bytes(&listed.name)).ok();
        let number = match sort {
            // Largest and latest are what people look for, so these begin there.
            Sort::Size => stat().map_or(0, |stat| -i64::try_from(tree::size(&stat)).unwrap_or(i64::MAX)),
            Sort::Modified => stat().map_or(0, |stat| stat.st_mtime.saturating_neg()),
            Sort::Name | Sort::Type => 0,
        };
        let text = match sort {
            Sort::Type => name.rsplit_once('.').map(|(_, ending)| ending.to_owned()).unwrap_or_default(),
            _ => String::new(),
        };
        Self { listed, name, number, text }
    }

    fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let is_folder = |keyed: &Self| Reverse(keyed.listed.kind == Kind::Folder);
        let by_key = self.number.cmp(&other.number).then_with(|| self.text.cmp(&other.text));
        let all =
            by_key.then_with(|| self.name.cmp(&other.name)).then_with(|| self.listed.name.cmp(&other.listed.name));
        is_folder(self).cmp(&is_folder(other)).then(if descending { all.reverse() } else { all })
    }
}

/// What a page shows of something; none when it is gone by now.
fn entry(folder: &Folder, within: &At, listed: &Listed) -> io::Result<Option<Entry>> {
    let stat = match folder.stat(OsStr::from_bytes(&listed.name)) {
        Ok(stat) => stat,
        Err(error) if walk::is_gone(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let name = String::from_utf8_lossy(&listed.name).into_owned();
    let path = std::str::from_utf8(&listed.name).ok().and_then(|name| within.path.join(name).ok());
    let kind = tree::kind(&stat);
    Ok(Some(Entry {
        kind,
        size: tree::size(&stat),
        modified_at: modified_at(&stat).format(&Rfc3339).unwrap_or_default(),
        media_type: if kind == Kind::File { media_type(&name) } else { String::new() },
        is_reachable: path.is_some(),
        is_protected: path.is_some_and(|path| At { session: within.session.clone(), path }.is_protected()),
        name,
    }))
}

/// When a file changed last. A container may say anything; what no calendar has becomes 1970.
pub(super) fn modified_at(stat: &FileStat) -> OffsetDateTime {
    let at = OffsetDateTime::from_unix_timestamp(stat.st_mtime).ok().filter(|at| at.year() >= 0);
    at.unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A file's media type, by its name's ending.
pub(super) fn media_type(name: &str) -> String {
    // Text that people read, which the list below takes for something else or does not know.
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "md" | "markdown" => "text/markdown".to_owned(),
        "ts" | "tsx" | "mts" | "cts" | "rs" | "go" | "toml" | "yaml" | "yml" | "lock" | "log" => {
            "text/plain".to_owned()
        }
        _ => mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream").to_owned(),
    }
}

/// Looks for names that have `what.query` in them.
pub(super) fn search(tree: &Tree, what: &Search) -> io::Result<SearchResults> {
    let (query, began) = (what.query.to_lowercase(), Instant::now());
    let (mut found, mut is_complete) = (Vec::new(), true);
    let at = |path| At { session: what.session.clone(), path };
    walk::folders(tree, &what.path, |path, folder, listed| {
        let is_hidden = path.names().skip(what.path.names().count()).any(|name| name.starts_with('.'));
        if is_hidden && !what.hidden {
            return Ok::<_, io::Error>(true);
        }
        for listed in listed.iter().filter(|listed| what.hidden || !listed.name.starts_with(b".")) {
            if !String::from_utf8_lossy(&listed.name).to_lowercase().contains(&query) {
                continue;
            }
            if found.len() == MAX_FOUND {
                is_complete = false;
                return Ok(false);
            }
            let hit = std::str::from_utf8(&listed.name).ok().and_then(|name| path.join(name).ok());
            if let (Some(hit), Some(entry)) = (hit, entry(folder, &at(path.clone()), listed)?) {
                found.push(Found { path: hit, entry });
            }
        }
        is_complete = began.elapsed() < SEARCH_LIMIT;
        Ok(is_complete)
    })?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(SearchResults { found, is_complete })
}
