//! What is known of everybody's files between requests: counts, uploads under way, who watches.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::model::error::{ApiError, ErrorCode};
use app::model::storage::{At, Clash, FolderSize};
use nix::sys::statvfs::statvfs;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::auth;
use crate::shutdown::Shutdown;
use crate::storage::fault::{Fault, disk_full};
use crate::storage::layout::{Layout, Person};
use crate::storage::listing::Recent;
use crate::storage::relocate;
use crate::storage::settle::Settled;
use crate::storage::tally::Tally;
use crate::storage::trash::Trash;
use crate::storage::tree::Tree;
use crate::storage::uploads::{Uploads, remove_left};
use crate::storage::walk::{self, Amount};
use crate::storage::watch::Watch;

/// Between two looks at what is due to be removed.
const SWEEP: Duration = Duration::from_secs(10 * 60);
/// How long a count is kept that nobody asks for.
const COUNT_LIFE: Duration = Duration::from_secs(30 * 60);
/// Archives that are made for one person at once, so that the rest is left for others.
const MAX_ARCHIVES_OF_ONE: usize = 4;
/// Threads that work for one person at once: a browser asks for six things, and most take a millisecond.
const MAX_THREADS_OF_ONE: usize = 4;
/// Files that come for one person at once, but for parts: each holds some MiB of the server.
const MAX_STORES_OF_ONE: usize = 32;
/// Bytes of the disk that uploads leave to the database and the containers.
const SPARE: u64 = 64 << 20;

pub(super) struct Shared {
    pub layout: Layout,
    /// The most bytes of one person's home and trash.
    pub quota: Option<u64>,
    pub uploads: Uploads,
    pub watch: Watch,
    pub recent: Recent,
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
    /// Archives that are made for them.
    archives: Arc<Semaphore>,
    /// Bytes that have come since the server started, and are in no [`Room`] any more.
    landed: AtomicU64,
    threads: Arc<Semaphore>,
    stores: Arc<Semaphore>,
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
    /// How many might be coming for the person in all requests together when this one began, and how many
    /// had come by then.
    limit: u64,
    landed: u64,
    /// How many the disk has left.
    free: u64,
}

impl Shared {
    pub fn open(layout: Layout, quota: Option<u64>, shutdown: &Shutdown) -> io::Result<Arc<Self>> {
        let uploads = Uploads::default();
        for person in layout.people()? {
            uploads.load(&person, &layout.person(&person)?.uploads())?;
        }
        let watch = Watch::start(shutdown);
        Ok(Arc::new(Self { layout, quota, uploads, watch, recent: Recent::default(), counts: Mutex::default() }))
    }

    /// A person's part of the disk.
    pub fn person(&self, user: &str, email: &str) -> Result<Person, Fault> {
        let person = self.layout.person(user)?;
        if let Err(error) = self.layout.label(user, email) {
            tracing::warn!(%error, "a person's files could not be labelled with their address");
        }
        Ok(person)
    }

    /// A person's trash, to be looked at.
    pub fn trash(&self, user: &str, email: &str) -> Result<Trash, Fault> {
        Ok(Trash::new(self.person(user, email)?.trash()))
    }

    /// The same to be changed: it is counted again, even if that fails half-way.
    pub fn trash_to_change(&self, user: &str, email: &str) -> Result<Trash, Fault> {
        *locked(&self.count(user).trash) = None;
        self.trash(user, email)
    }

    /// Has the folder that `at` is in counted again, and `at` itself.
    pub fn changed(&self, user: &str, at: &At) {
        let count = self.count(user);
        *locked(&count.trash) = None;
        if at.session.is_some() {
            return;
        }
        if let Some(tally) = &*locked(&count.tally) {
            tally.note(&at.path);
            // Folders above it may be new.
            let mut above = at.path.parent();
            while let Some(path) = above {
                tally.note(&path);
                above = path.parent();
            }
        }
    }

    /// What limits the threads that work for one person at once.
    pub fn threads(&self, user: &str) -> Arc<Semaphore> {
        Arc::clone(&self.count(user).threads)
    }

    /// What limits the files that come for one person at once, but for parts.
    pub fn stores(&self, user: &str) -> Arc<Semaphore> {
        Arc::clone(&self.count(user).stores)
    }

    /// What limits the archives that are made for one person at once.
    pub fn archives(&self, user: &str) -> Arc<Semaphore> {
        Arc::clone(&self.count(user).archives)
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
        let landed = count.landed.load(Ordering::Relaxed);
        let spoken_for = held.saturating_add(self.uploads.reserved(user));
        let limit = self.quota.map_or(u64::MAX, |quota| quota.saturating_sub(spoken_for));
        let mut room = Room { count, bytes: 0, limit, landed, free };
        match bytes {
            Some(bytes) => room.grow(bytes)?,
            // There is no use in beginning.
            None => room.check(1)?,
        }
        Ok(room)
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
        // Refused at once when there is too much of it; but what there is may change.
        let mut room = self.room(user, email, Some(walk::amount(from.0, &from.1.path)?.bytes))?;
        let person = self.person(user, email)?;
        let name = scratch();
        let scratch = (&Tree::open(&person.uploads())?, &crate::storage::path(&name));
        let copied =
            relocate::copy(from, to, scratch, clash, &self.trash_to_change(user, email)?, |size| room.grow(size));
        remove_left(&person.uploads().join(name));
        // Before it is not coming any more.
        if let Ok(settled) = &copied {
            self.changed(user, &settled.at);
            room.landed();
        }
        copied
    }

    fn count(&self, user: &str) -> Arc<Count> {
        let mut counts = locked(&self.counts);
        let count = counts.entry(user.to_owned()).or_insert_with(|| {
            let asked = Mutex::new(Instant::now());
            Arc::new(Count {
                tally: Mutex::default(),
                trash: Mutex::default(),
                coming: Mutex::default(),
                landed: AtomicU64::new(0),
                archives: Arc::new(Semaphore::new(MAX_ARCHIVES_OF_ONE)),
                threads: Arc::new(Semaphore::new(MAX_THREADS_OF_ONE)),
                stores: Arc::new(Semaphore::new(MAX_STORES_OF_ONE)),
                asked,
            })
        });
        *locked(&count.asked) = Instant::now();
        Arc::clone(count)
    }

    fn clear(&self, now: OffsetDateTime) -> io::Result<()> {
        self.recent.forget();
        for partial in self.uploads.expire() {
            remove_left(&partial.directory);
        }
        for user in self.layout.people()? {
            match self.layout.person(&user).and_then(|person| Trash::new(person.trash()).sweep(now)) {
                Ok(0) => {}
                Ok(_) => {
                    if let Some(count) = locked(&self.counts).get(&user) {
                        *locked(&count.trash) = None;
                    }
                }
                // One person's failure is not another's.
                Err(error) => tracing::error!(%error, %user, "what is due of a person's trash could not be removed"),
            }
        }
        let unused: Vec<_> = locked(&self.counts)
            .extract_if(|_, count| {
                let is_used = Arc::strong_count(count) > 1
                    || *locked(&count.coming) > 0
                    || count.archives.available_permits() < MAX_ARCHIVES_OF_ONE
                    || count.threads.available_permits() < MAX_THREADS_OF_ONE
                    || count.stores.available_permits() < MAX_STORES_OF_ONE;
                !is_used && locked(&count.asked).elapsed() >= COUNT_LIFE
            })
            .collect();
        // Each has thousands of watches to give back, and nobody waits for that.
        drop(unused);
        Ok(())
    }
}

impl Room {
    /// Counts `to` bytes in all as coming.
    ///
    /// # Errors
    /// QUOTA_EXCEEDED when there is no room for so many.
    pub fn grow(&mut self, to: u64) -> Result<(), Fault> {
        self.check(to)?;
        let more = to.saturating_sub(self.bytes);
        let limit = self.limit();
        let mut coming = locked(&self.count.coming);
        let all = coming.saturating_add(more);
        if more > 0 && all > limit {
            return Err(over_quota(limit.saturating_sub(*coming)).into());
        }
        *coming = all;
        self.bytes += more;
        Ok(())
    }

    /// Its bytes have come to stay, and are less room to those that began before.
    pub fn landed(&self) {
        self.count.landed.fetch_add(self.bytes, Ordering::Relaxed);
    }

    /// How many bytes may be coming by now.
    fn limit(&self) -> u64 {
        let since = self.count.landed.load(Ordering::Relaxed).saturating_sub(self.landed);
        self.limit.saturating_sub(since)
    }

    /// Whether there is room for `to` bytes.
    fn check(&self, to: u64) -> Result<(), Fault> {
        let others = locked(&self.count.coming).saturating_sub(self.bytes);
        let left = self.limit().saturating_sub(others);
        if to > left {
            return Err(over_quota(left).into());
        }
        if to > self.free { Err(disk_full().into()) } else { Ok(()) }
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

/// A name in the directory of uploads for what is no upload of its own, such as a copy that is being made. It lies
/// there with whatever a container put into it, and must never be taken for one.
pub(in crate::storage) fn scratch() -> String {
    format!("{}.new", auth::random_id())
}

fn over_quota(left: u64) -> ApiError {
    let told = format!(
        "There are {} MiB left of what your files may have together, and this is more. Delete something, or empty the trash.",
        left >> 20
    );
    ApiError::new(ErrorCode::QuotaExceeded, told)
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
