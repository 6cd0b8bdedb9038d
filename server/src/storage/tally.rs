//! How much a person has, counted whole once and after that only where something changed.

use std::cell::Cell;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use app::model::storage::{FilePath, FolderSize, Kind};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::tree::{Folder, Listed, Tree};
use super::walk::{self, Amount};
use super::watch::{Dirty, Watch};

/// Folders whose changes are followed. Above it, and where the kernel follows no more, all is counted again
/// when somebody asks and the last count is [`STALE`].
const MAX_FOLLOWED: usize = 20_000;
const STALE: Duration = Duration::from_secs(60);
/// The largest folders that are told.
const LARGEST: usize = 8;

/// The count of one tree.
#[derive(Debug)]
pub(super) struct Tally {
    tree: Tree,
    watch: Watch,
    dirty: Arc<Dirty>,
    folders: HashMap<String, Counted>,
    total: Amount,
    is_followed: bool,
    counted: Instant,
    pub counted_at: OffsetDateTime,
}

/// One folder.
#[derive(Debug, Default)]
struct Counted {
    /// Of what is in itself.
    own: Amount,
    /// Names of the folders in it.
    inner: Vec<String>,
    /// Which folder it was; another may come to have its name.
    inode: u64,
}

impl Tally {
    /// Counts all of it.
    pub fn count(tree: Tree, watch: &Watch) -> io::Result<Self> {
        let (dirty, folders) = (Arc::default(), HashMap::new());
        let mut tally = Self {
            tree,
            watch: watch.clone(),
            dirty,
            folders,
            total: Amount::default(),
            is_followed: true,
            counted: Instant::now(),
            counted_at: OffsetDateTime::now_utc(),
        };
        tally.add(&FilePath::default())?;
        Ok(tally)
    }

    /// Counts again what changed, and answers how much there is.
    pub fn now(&mut self) -> io::Result<Amount> {
        let stale = !self.is_followed && self.counted.elapsed() > STALE;
        match self.dirty.take() {
            Some(changed) if !stale => {
                for path in changed {
                    self.recount(&path)?;
                }
            }
            _ => {
                self.watch.forget(&self.dirty);
                *self = Self::count(self.tree.clone(), &self.watch)?;
            }
        }
        if self.is_followed {
            self.counted_at = OffsetDateTime::now_utc();
        }
        // The tree's root is nobody's folder.
        Ok(Amount { folders: self.total.folders.saturating_sub(1), ..self.total })
    }

    /// Has a folder counted again, for the server itself changed something in it.
    pub fn note(&self, path: &FilePath) {
        self.dirty.note(path.as_str());
    }

    /// The folders at the root with the most in them.
    pub fn largest(&self) -> Vec<FolderSize> {
        let mut bytes: HashMap<&str, u64> = HashMap::new();
        for (path, counted) in &self.folders {
            let top = path.split('/').next().unwrap_or_default();
            if !top.is_empty() {
                let sum = bytes.entry(top).or_default();
                *sum = sum.saturating_add(counted.own.bytes);
            }
        }
        let sizes = bytes.into_iter().filter(|(_, bytes)| *bytes > 0);
        let mut sizes: Vec<_> =
            sizes.filter_map(|(path, bytes)| Some(FolderSize { path: path.parse().ok()?, bytes })).collect();
        sizes.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
        sizes.truncate(LARGEST);
        sizes
    }

    /// Counts a folder and all in it.
    fn add(&mut self, top: &FilePath) -> io::Result<()> {
        let (tree, watch, dirty) = (self.tree.clone(), self.watch.clone(), Arc::clone(&self.dirty));
        let is_followed = Cell::new(self.is_followed);
        // Watched before it is listed, so that nothing comes between the two.
        let follow = |path: &FilePath, folder: &Folder| {
            is_followed.set(is_followed.get() && watch.count(folder, &dirty, path.as_str()));
        };
        let counted = walk::folders_seen(&tree, top, follow, |path, folder, listed| {
            self.put(path, folder, listed)?;
            if self.folders.len() > MAX_FOLLOWED {
                is_followed.set(false);
            }
            Ok::<_, io::Error>(true)
        });
        if self.is_followed && !is_followed.get() {
            self.is_followed = false;
            // The kernel grants a number of watches to all together.
            self.watch.forget(&self.dirty);
        }
        counted
    }

    fn put(&mut self, path: &FilePath, folder: &Folder, listed: &[Listed]) -> io::Result<()> {
        let own = Amount { folders: 1, ..walk::files(folder, listed)? };
        let inner = listed.iter().filter(|entry| entry.kind == Kind::Folder);
        let inner = inner.filter_map(|entry| Some(std::str::from_utf8(&entry.name).ok()?.to_owned())).collect();
        let counted = Counted { own, inner, inode: folder.inode()? };
        let old = self.folders.insert(path.as_str().to_owned(), counted);
        self.take_off(old.map(|old| old.own).unwrap_or_default());
        self.total.files += own.files;
        self.total.folders += own.folders;
        self.total.bytes = self.total.bytes.saturating_add(own.bytes);
        Ok(())
    }

    fn take_off(&mut self, amount: Amount) {
        self.total.files = self.total.files.saturating_sub(amount.files);
        self.total.folders = self.total.folders.saturating_sub(amount.folders);
        self.total.bytes = self.total.bytes.saturating_sub(amount.bytes);
    }

    /// Counts one folder again, and those that are new in it.
    fn recount(&mut self, path: &str) -> io::Result<()> {
        let Some(old) = self.folders.get(path).map(|counted| counted.inner.clone()) else { return Ok(()) };
        let Ok(at) = path.parse::<FilePath>() else { return Ok(()) };
        let found = self.tree.folder(&at).and_then(|folder| {
            self.is_followed = self.is_followed && self.watch.count(&folder, &self.dirty, path);
            Ok((folder.list()?, folder))
        });
        let (listed, folder) = match found {
            Ok(found) => found,
            // Its parent changed too, and counts it off; but then its parent may be counted already.
            Err(error) if walk::is_gone(&error) => {
                self.remove(path);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        self.put(&at, &folder, &listed)?;
        let is_there =
            |name: &str| listed.iter().any(|entry| entry.kind == Kind::Folder && entry.name == name.as_bytes());
        for name in old.iter().filter(|name| !is_there(name)) {
            self.remove(&below(path, name));
        }
        for name in self.folders.get(path).map(|counted| counted.inner.clone()).unwrap_or_default() {
            let is_known = match (self.folders.get(&below(path, &name)), folder.stat(name.as_str())) {
                (Some(counted), Ok(stat)) => counted.inode == stat.st_ino,
                _ => false,
            };
            if let (false, Ok(inner)) = (is_known, at.join(&name)) {
                self.remove(inner.as_str());
                match self.add(&inner) {
                    Err(error) if walk::is_gone(&error) => {}
                    outcome => outcome?,
                }
            }
        }
        Ok(())
    }

    /// Counts a folder off, with all in it.
    fn remove(&mut self, path: &str) {
        let mut ahead = vec![path.to_owned()];
        while let Some(path) = ahead.pop() {
            if let Some(gone) = self.folders.remove(&path) {
                self.take_off(gone.own);
                ahead.extend(gone.inner.iter().map(|name| below(&path, name)));
            }
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.watch.forget(&self.dirty);
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}
