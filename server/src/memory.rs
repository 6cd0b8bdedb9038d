//! What keeps the process small: it is to cost next to nothing beside its containers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::shutdown::Shutdown;

/// glibc gives each thread an arena of its own, which it seldom gives back: with a handful of threads and
/// small objects two do, and freed memory above a small rest goes back to the system. Call before any
/// thread is started.
pub fn keep_small() {
    #[cfg(target_env = "gnu")]
    {
        const ARENAS: libc::c_int = 2;
        const TRIM_ABOVE_BYTES: libc::c_int = 256 * 1024;
        const MAP_ABOVE_BYTES: libc::c_int = 128 * 1024;
        // SAFETY: mallopt only sets parameters, and no other thread runs yet.
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, ARENAS);
            libc::mallopt(libc::M_TRIM_THRESHOLD, TRIM_ABOVE_BYTES);
            libc::mallopt(libc::M_MMAP_THRESHOLD, MAP_ABOVE_BYTES);
        }
    }
}

/// How long nobody may ask for anything before the server rests. A page that is being used asks more often.
const QUIET: Duration = Duration::from_secs(1);

/// Requests that were answered. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Requests(Arc<AtomicU64>);

impl Requests {
    /// Counts one more.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Lets go of what requests needed whenever there were some and then none for a while. Terminals go on
    /// meanwhile: the few pages of code that they run are mapped again at once.
    pub async fn rest_between(self, shutdown: Shutdown) {
        let (mut seen, mut rested) = (0, 0);
        loop {
            tokio::select! {
                () = tokio::time::sleep(QUIET) => {}
                () = shutdown.begun() => return,
            }
            let now = self.0.load(Ordering::Relaxed);
            if now == seen && now != rested {
                forget_unused();
                rested = now;
            }
            seen = now;
        }
    }
}

/// Lets go of freed heap and of code: after start-up two thirds of what is resident is code that only start-up
/// needed (migrations, the table of routes, the API's description), after a sign-in as much of it is a page's.
/// The kernel would keep it mapped until memory is short. What is used again is mapped again from the page
/// cache, some microseconds a time.
pub fn forget_unused() {
    // SAFETY: malloc_trim may be called at any time.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
    for (start, length) in own_read_only() {
        // SAFETY: the range is this binary's constants or its executable segment, a private file mapping that
        // nothing ever writes to (it is position-independent, so no relocation did): a page that is dropped
        // comes back from the file as it was.
        let outcome = unsafe { libc::madvise(start as *mut libc::c_void, length, libc::MADV_DONTNEED) };
        if outcome != 0 {
            tracing::debug!(error = %std::io::Error::last_os_error(), "start-up's code stays mapped");
        }
    }
}

/// Where this binary's executable segment is mapped, which holds this function, and right before it the constants.
/// What comes after it has been written to by the loader.
fn own_read_only() -> Vec<(usize, usize)> {
    let here = own_read_only as fn() -> Vec<(usize, usize)> as usize;
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let mut constants = None;
    for line in maps.lines() {
        let mut fields = line.split(' ');
        let Some((start, end)) = fields.next().and_then(|range| range.split_once('-')) else { continue };
        let (Ok(start), Ok(end)) = (usize::from_str_radix(start, 16), usize::from_str_radix(end, 16)) else { continue };
        match fields.next() {
            Some("r-xp") if (start..end).contains(&here) => {
                let before = constants.filter(|(from, length)| *from + *length == start);
                return before.into_iter().chain([(start, end - start)]).collect();
            }
            Some("r--p") => constants = Some((start, end - start)),
            _ => {}
        }
    }
    Vec::new()
}
