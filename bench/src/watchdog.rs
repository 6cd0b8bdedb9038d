//! Sees to it that a run ends, and leaves nothing behind when it is interrupted or hangs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::product::Product;

/// How long the end of a run may take, its sessions' removal included.
pub const END_LIMIT: Duration = Duration::from_secs(60);
/// How often the watchdog looks.
const INTERVAL: Duration = Duration::from_millis(500);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Ends the process when a benchmark takes longer than it was allowed.
pub struct Watchdog {
    began: Instant,
    /// Milliseconds from `began`.
    deadline: Arc<AtomicU64>,
    /// What has to be shut down at the end.
    products: Products,
}

type Products = Arc<Mutex<Vec<Arc<dyn Product>>>>;

impl Watchdog {
    /// Has this shut down at the end of the run, whatever that is.
    pub fn shut_down_at_end(&self, product: Arc<dyn Product>) {
        self.products.lock().unwrap_or_else(PoisonError::into_inner).push(product);
    }

    /// Shuts everything down, the last first.
    pub fn shut_down(&self) {
        shut_down(&self.products);
    }

    /// From now on the run may take so long until the next call.
    pub fn allow(&self, limit: Duration) {
        let deadline = self.began.elapsed() + limit;
        self.deadline.store(u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// Starts to watch, also for SIGINT and SIGTERM.
pub fn start() -> Result<Watchdog> {
    extern "C" fn note(_: nix::libc::c_int) {
        INTERRUPTED.store(true, Ordering::Relaxed);
    }
    let action = SigAction::new(SigHandler::Handler(note), SaFlags::SA_RESTART, SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        // SAFETY: the handler does nothing but store to an atomic.
        unsafe { sigaction(signal, &action) }?;
    }
    let watchdog =
        Watchdog { began: Instant::now(), deadline: Arc::new(AtomicU64::new(u64::MAX)), products: Products::default() };
    let (began, deadline) = (watchdog.began, Arc::clone(&watchdog.deadline));
    let products = Arc::clone(&watchdog.products);
    std::thread::spawn(move || {
        let code = loop {
            std::thread::sleep(INTERVAL);
            if INTERRUPTED.load(Ordering::Relaxed) {
                break 130;
            }
            if began.elapsed().as_millis() > u128::from(deadline.load(Ordering::Relaxed)) {
                eprintln!("a benchmark took longer than its limit; the run ends here");
                break 2;
            }
        };
        shut_down(&products);
        std::process::exit(code);
    });
    Ok(watchdog)
}

fn shut_down(products: &Products) {
    loop {
        // Nobody may have to wait for the lock while something is shut down.
        let last = products.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(product) = last else { return };
        product.shut_down();
    }
}
