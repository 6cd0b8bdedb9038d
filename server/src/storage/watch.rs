//! Who is told when something in a folder changes: pages that show it, and the count of what a person has.
//! One inotify instance for everybody, for a machine grants few.

use std::collections::{HashMap, HashSet};
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor};
use tokio::io::unix::AsyncFd;
use tokio::sync::watch;

use super::tree::Folder;
use crate::shutdown::Shutdown;

/// Between two looks at what happened. Meanwhile the kernel makes one event of many that are alike.
const PACE: Duration = Duration::from_millis(50);

/// How often what happened is read before others have their turn: more than the kernel's whole queue of 16,384.
const MAX_READS: usize = 256;

/// Everything by which a folder, or the size of something in it, changes.
const EVENTS: AddWatchFlags = AddWatchFlags::IN_CREATE
    .union(AddWatchFlags::IN_DELETE)
    .union(AddWatchFlags::IN_MOVE)
    .union(AddWatchFlags::IN_MODIFY)
    .union(AddWatchFlags::IN_CLOSE_WRITE)
    .union(AddWatchFlags::IN_ATTRIB)
    .union(AddWatchFlags::IN_DELETE_SELF)
    .union(AddWatchFlags::IN_MOVE_SELF)
    .union(AddWatchFlags::IN_ONLYDIR);
/// The folder itself is gone from where it was.
const GONE: AddWatchFlags =
    AddWatchFlags::IN_DELETE_SELF.union(AddWatchFlags::IN_MOVE_SELF).union(AddWatchFlags::IN_IGNORED);

/// Watches folders. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// None where the kernel grants no instance; then nobody is told of anything.
    inotify: Option<Inotify>,
    watched: Mutex<HashMap<WatchDescriptor, Watched>>,
}

#[derive(Debug, Default)]
struct Watched {
    /// The count that it is a folder of, and its path there.
    counted: Option<(Arc<Dirty>, String)>,
    /// Pages that show it.
    shown: Option<watch::Sender<()>>,
}

/// Folders that changed since they were counted.
#[derive(Debug, Default)]
pub(super) struct Dirty {
    folders: Mutex<HashSet<String>>,
    /// Whether the kernel lost events, so that any may have changed.
    all: AtomicBool,
}

/// A page that shows a folder, until it is dropped.
#[derive(Debug)]
pub(super) struct Shown {
    watch: Watch,
    descriptor: WatchDescriptor,
    changes: watch::Receiver<()>,
}

impl Watch {
    /// Begins to watch nothing yet.
    pub fn start(shutdown: &Shutdown) -> Self {
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC);
        let inotify =
            inotify.inspect_err(|error| tracing::warn!(%error, "changes of files will not be told at once")).ok();
        let watch = Self { shared: Arc::new(Shared { inotify, watched: Mutex::default() }) };
        let (shared, ending) = (Arc::clone(&watch.shared), shutdown.clone());
        shutdown.spawn(async move {
            tokio::select! {
                outcome = follow(&shared) => if let Err(error) = outcome {
                    tracing::error!(%error, "changes of files are not told any more");
                },
                () = ending.begun() => {}
            }
        });
        watch
    }

    /// Tells a page of changes in `folder`.
    ///
    /// # Errors
    /// When the kernel grants no more.
    pub fn show(&self, folder: &Folder) -> io::Result<Shown> {
        let mut watched = self.lock();
        let descriptor = self.add(folder)?;
        let shown = watched.entry(descriptor).or_default().shown.get_or_insert_with(|| watch::channel(()).0);
        let changes = shown.subscribe();
        drop(watched);
        Ok(Shown { watch: self.clone(), descriptor, changes })
    }

    /// Notes in `dirty` when something in `folder` changes. False when the kernel grants no more.
    pub fn count(&self, folder: &Folder, dirty: &Arc<Dirty>, path: &str) -> bool {
        let mut watched = self.lock();
        let Ok(descriptor) = self.add(folder) else { return false };
        watched.entry(descriptor).or_default().counted = Some((Arc::clone(dirty), path.to_owned()));
        true
    }

    /// Ends all that was begun by [`Self::count`] for `dirty`.
    pub fn forget(&self, dirty: &Arc<Dirty>) {
        self.lock().retain(|descriptor, watched| {
            if watched.counted.as_ref().is_some_and(|(of, _)| Arc::ptr_eq(of, dirty)) {
                watched.counted = None;
            }
            self.keep(*descriptor, watched)
        });
    }

    /// By its descriptor, whatever has its name by now.
    fn add(&self, folder: &Folder) -> io::Result<WatchDescriptor> {
        let inotify = self.shared.inotify.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        let path = format!("/proc/self/fd/{}", folder.as_fd().as_raw_fd());
        Ok(inotify.add_watch(path.as_str(), EVENTS)?)
    }

    /// Whether anybody is still told of it; else the kernel is not asked any more.
    fn keep(&self, descriptor: WatchDescriptor, watched: &mut Watched) -> bool {
        watched.shown = watched.shown.take().filter(|shown| shown.receiver_count() > 0);
        let stays = watched.counted.is_some() || watched.shown.is_some();
        if !stays && let Some(inotify) = &self.shared.inotify {
            // The folder may be gone, and the watch with it.
            let _ = inotify.rm_watch(descriptor);
        }
        stays
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WatchDescriptor, Watched>> {
        self.shared.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn follow(shared: &Shared) -> io::Result<()> {
    let Some(inotify) = &shared.inotify else { return Ok(()) };
    // SAFETY: the descriptor is open as long as `shared` is borrowed, and so longer than `readable` lives.
    let readable = unsafe { AsyncFd::register_with_interest(inotify.as_fd(), tokio::io::Interest::READABLE)? };
    loop {
        let mut ready = readable.readable().await?;
        // A container that makes them as fast as they are read does not keep a thread from everybody else.
        for _ in 0..MAX_READS {
            match inotify.read_events() {
                Ok(events) => tell(shared, &events),
                Err(Errno::EAGAIN) => {
                    ready.clear_ready();
                    break;
                }
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        drop(ready);
        tokio::time::sleep(PACE).await;
    }
}

fn tell(shared: &Shared, events: &[InotifyEvent]) {
    let mut watched = shared.watched.lock().unwrap_or_else(PoisonError::into_inner);
    for event in events {
        if event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
            for one in watched.values() {
                one.tell(true);
            }
            continue;
        }
        let Some(one) = watched.get_mut(&event.wd) else { continue };
        one.tell(false);
        if event.mask.intersects(GONE) {
            // Its pages' streams end.
            one.shown = None;
        }
        if event.mask.contains(AddWatchFlags::IN_IGNORED) {
            watched.remove(&event.wd);
        }
    }
}

impl Watched {
    fn tell(&self, lost: bool) {
        if let Some((dirty, path)) = &self.counted {
            if lost {
                dirty.all.store(true, Ordering::Relaxed);
            } else {
                dirty.note(path);
            }
        }
        if let Some(shown) = &self.shown {
            shown.send_replace(());
        }
    }
}

impl Dirty {
    /// Has a folder counted again.
    pub fn note(&self, path: &str) {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if !folders.contains(path) {
            folders.insert(path.to_owned());
        }
    }

    /// What has to be counted again; none when that is everything.
    pub fn take(&self) -> Option<HashSet<String>> {
        let folders = std::mem::take(&mut *self.folders.lock().unwrap_or_else(PoisonError::into_inner));
        (!self.all.swap(false, Ordering::Relaxed)).then_some(folders)
    }
}

impl Shown {
    /// Returns when something changed since the last call; false when the folder is gone.
    pub async fn changed(&mut self) -> bool {
        self.changes.changed().await.is_ok()
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        let mut watched = self.watch.lock();
        // This page is still counted among the receivers.
        let (_, closed) = watch::channel(());
        self.changes = closed;
        if let Some(one) = watched.get_mut(&self.descriptor)
            && !self.watch.keep(self.descriptor, one)
        {
            watched.remove(&self.descriptor);
        }
    }
}
