//! What is known of everybody's files between requests: counts, uploads under way, who watches.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::model::error::{ApiError, ErrorCode};
use app::model::storage::{At, Clash, FolderSize};
use nix::sys::statvfs::statvfs;
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::auth;
use crate::shutdown::Shutdown;
use crate::storage::fault::{Fault, disk_full};
use crate::storage::layout::{Layout, Person};
use crate::storage::relocate;
use crate::storage::settle::Settled;
use crate::storage::tally::Tally;
use crate::storage::trash::Trash;
use crate::storage::tree::Tree;
use crate::storage::uploads::Uploads;
use crate::storage::walk::{self, Amount};
use crate::storage::watch::Watch;

/// Between two looks at what is due to be removed.
const SWEEP: Duration = Duration::from_secs(10 * 60);
/// How long a count is kept that nobody asks for.
const COUNT_LIFE: Duration = Duration::from_secs(30 * 60);
/// Bytes of the disk that uploads leave to the database and the containers.
const SPARE: u64 = 64 << 20;

pub(super) struct Shared {
    pub layout: Layout,
    /// The most bytes of one person's home and trash.
    pub quota: Option<u64>,
    pub uploads: Uploads,
    pub watch: Watch,
    counts: Mutex<HashMap<String, Arc<Count>>>,
}

/// How much one person has.
#[derive(Debug)]
struct Count {
    tally: Mutex<Option<Tally>>,
    /// Bytes in their trash; none when that has to be counted again.
    trash: Mutex<Option<u64>>,
    /// Bytes that are coming in requests under way.
    coming: Mutex<u64>,
    asked: Mutex<Instant>,
}

/// How much somebody has.
#[derive(Debug)]
pub(super) struct Held {
    pub home: Amount,
    pub trash: u64,
    pub largest: Vec<FolderSize>,
    pub counted_at: OffsetDateTime,
}

/// Bytes that are coming, counted until it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    count: Arc<Count>,
    bytes: u64,
    /// How many may come.
    pub most: u64,
}

impl Shared {
    pub fn open(layout: Layout, quota: Option<u64>, shutdown: &Shutdown) -> io::Result<Arc<Self>> {
        let uploads = Uploads::default();
        for person in layout.people()? {
            uploads.load(&person, &layout.person(&person)?.uploads())?;
        }
        let watch = Watch::start(shutdown);
        Ok(Arc::new(Self { layout, quota, uploads, watch, counts: Mutex::default() }))
    }

    /// A person's part of the disk.
    pub fn person(&self, user: &str, email: &str) -> Result<Person, Fault> {
        let person = self.layout.person(user)?;
        if let Err(error) = self.layout.label(user, email) {
            tracing::warn!(%error, "a person's files could not be labelled with their address");
        }
        Ok(person)
    }

    pub fn trash(&self, user: &str, email: &str) -> Result<Trash, Fault> {
        *locked(&self.count(user).trash) = None;
        Ok(Trash::new(self.person(user, email)?.trash()))
    }

    /// Has the folder that `at` is in counted again, and `at` itself.
    pub fn changed(&self, user: &str, at: &At) {
        if at.session.is_some() {
            return;
        }
        let count = self.count(user);
        if let Some(tally) = &*locked(&count.tally) {
            tally.note(&at.path);
            // Folders above it may be new.
            let mut above = at.path.parent();
            while let Some(path) = above {
                tally.note(&path);
                above = path.parent();
            }
        }
        *locked(&count.trash) = None;
    }

    /// How much somebody has.
    pub fn held(&self, user: &str, email: &str) -> Result<Held, Fault> {
        let (person, count) = (self.person(user, email)?, self.count(user));
        let mut tally = locked(&count.tally);
        let (home, largest, counted_at) = match &mut *tally {
            Some(tally) => (tally.now()?, tally.largest(), tally.counted_at),
            none => {
                let tally = none.insert(Tally::count(Tree::open(&person.home())?, &self.watch)?);
                (tally.now()?, tally.largest(), tally.counted_at)
            }
        };
        drop(tally);
        let known = *locked(&count.trash);
        let trash = match known {
            Some(bytes) => bytes,
            None => {
                let bytes = Trash::new(person.trash()).bytes()?;
                *locked(&count.trash) = Some(bytes);
                bytes
            }
        };
        Ok(Held { home, trash, largest, counted_at })
    }

    /// Room for `bytes` more; with none, for as much as there is.
    ///
    /// # Errors
    /// QUOTA_EXCEEDED when the person's or the disk's is not enough.
    pub fn room(&self, user: &str, email: &str, bytes: Option<u64>) -> Result<Room, Fault> {
        let person = self.person(user, email)?;
        let disk = statvfs(&person.uploads())?;
        let free = disk.blocks_available().saturating_mul(disk.fragment_size()).saturating_sub(SPARE);
        let count = self.count(user);
        let held = match self.quota {
            Some(_) => self.held(user, email).map(|held| held.home.bytes.saturating_add(held.trash))?,
            None => 0,
        };
        let mut coming = locked(&count.coming);
        let spoken_for = held.saturating_add(self.uploads.reserved(user)).saturating_add(*coming);
        let left = self.quota.map_or(u64::MAX, |quota| quota.saturating_sub(spoken_for));
        let wanted = bytes.unwrap_or_default();
        if wanted > left || (left == 0 && bytes.is_none()) {
            return Err(over_quota(self.quota.unwrap_or_default()).into());
        }
        if wanted > free || (free == 0 && bytes.is_none()) {
            return Err(disk_full().into());
        }
        *coming = coming.saturating_add(wanted);
        drop(coming);
        Ok(Room { count, bytes: wanted, most: bytes.unwrap_or(left.min(free)) })
    }

    /// Copies, as far as there is room.
    pub fn copy(
        &self,
        user: &str,
        email: &str,
        from: (&Tree, &At),
        to: (&Tree, &At),
        clash: Clash,
    ) -> Result<Settled, Fault> {
        let room = self.room(user, email, Some(walk::amount(from.0, &from.1.path)?.bytes))?;
        let person = self.person(user, email)?;
        let name = auth::random_id();
        let scratch = Tree::open(&person.uploads())?;
        let copied =
            relocate::copy(from, to, (&scratch, &crate::storage::path(&name)), clash, &self.trash(user, email)?);
        if copied.is_err() {
            remove(&person.uploads().join(name));
        }
        drop(room);
        copied
    }

    fn count(&self, user: &str) -> Arc<Count> {
        let mut counts = locked(&self.counts);
        let count = counts.entry(user.to_owned()).or_insert_with(|| {
            let asked = Mutex::new(Instant::now());
            Arc::new(Count { tally: Mutex::default(), trash: Mutex::default(), coming: Mutex::default(), asked })
        });
        *locked(&count.asked) = Instant::now();
        Arc::clone(count)
    }

    fn clear(&self, now: OffsetDateTime) -> io::Result<()> {
        for partial in self.uploads.expire() {
            remove(&partial.directory);
        }
        for user in self.layout.people()? {
            let person = self.layout.person(&user)?;
            if Trash::new(person.trash()).sweep(now)? > 0
                && let Some(count) = locked(&self.counts).get(&user)
            {
                *locked(&count.trash) = None;
            }
        }
        locked(&self.counts).retain(|_, count| {
            Arc::strong_count(count) > 1 || locked(&count.asked).elapsed() < COUNT_LIFE || *locked(&count.coming) > 0
        });
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut coming = locked(&self.count.coming);
        *coming = coming.saturating_sub(self.bytes);
    }
}

/// Removes what is due, until the server ends.
pub(super) async fn sweep(shared: Arc<Shared>, shutdown: Shutdown) {
    loop {
        let now = Arc::clone(&shared);
        let swept = crate::storage::off_the_tasks(move || now.clear(OffsetDateTime::now_utc())).await;
        if let Err(error) = swept {
            tracing::error!(%error, "what is due of people's files could not be removed");
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP) => {}
            () = shutdown.begun() => return,
        }
    }
}

/// Removes what nobody sees, whichever it is.
pub(super) fn remove(path: &std::path::Path) {
    let removed = match path.symlink_metadata() {
        Ok(facts) if facts.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    if let Err(error) = removed
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::error!(%error, path = %path.display(), "what is left of an upload could not be removed");
    }
}

fn over_quota(quota: u64) -> ApiError {
    let told = format!(
        "Your files may have {} MiB together, and this is more than is left of it. Delete something, or empty the trash.",
        quota >> 20
    );
    ApiError::new(ErrorCode::QuotaExceeded, told)
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
