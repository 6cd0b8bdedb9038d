//! The terminals of a session: which are open, and the thread of each.
//!
//! Lives on the main thread, which also starts and reaps processes; a terminal's own thread
//! ([`worker`]) is reached through its [`mailbox`] only.

mod attached;
mod client;
mod command;
mod foreground;
mod hold;
mod input;
pub mod mailbox;
mod ring;
mod serve;
mod shell;
mod stream;
mod worker;

pub use mailbox::Full;
pub use shell::{PATH, is_time_zone};

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use protocol::TerminalId;
use protocol::frame::Size;
use protocol::guest::{Config, OpenTerminal};

use crate::sys::{self, Ended};
use mailbox::{Letter, Mailbox};
use worker::Worker;

/// Stack of a terminal's thread, bytes; only what is used of it costs memory. The deepest call is
/// a snapshot's.
const STACK_BYTES: usize = 512 * 1024;

/// When somebody typed last.
pub struct Activity {
    start: Instant,
    typed: AtomicU64,
}

impl Activity {
    fn new() -> Self {
        Self { start: Instant::now(), typed: AtomicU64::new(0) }
    }

    /// Somebody typed now.
    pub fn typed(&self) {
        self.typed.store(self.start.elapsed().as_secs(), Ordering::Relaxed);
    }

    /// Seconds since somebody typed, or since the guest started.
    #[must_use]
    pub fn idle_seconds(&self) -> u64 {
        self.start.elapsed().as_secs().saturating_sub(self.typed.load(Ordering::Relaxed))
    }
}

struct Entry {
    pid: i32,
    mailbox: Mailbox,
}

/// See the module.
pub struct Terminals {
    pub activity: Arc<Activity>,
    open: RefCell<BTreeMap<TerminalId, Entry>>,
    threads: RefCell<Vec<JoinHandle<()>>>,
}

impl Default for Terminals {
    fn default() -> Self {
        Self { activity: Arc::new(Activity::new()), open: RefCell::default(), threads: RefCell::default() }
    }
}

impl Terminals {
    /// Those that are open, with the process that leads each one's session.
    #[must_use]
    pub fn list(&self) -> Vec<(TerminalId, i32)> {
        self.open.borrow().iter().map(|(id, entry)| (*id, entry.pid)).collect()
    }

    /// The mailbox of one that is open.
    #[must_use]
    pub fn find(&self, id: TerminalId) -> Option<Mailbox> {
        self.open.borrow().get(&id).map(|entry| entry.mailbox.clone())
    }

    /// The process that leads the session of one that is open.
    #[must_use]
    pub fn leader(&self, id: TerminalId) -> Option<i32> {
        self.open.borrow().get(&id).map(|entry| entry.pid)
    }

    /// Opens terminal `id`, unless it is open.
    ///
    /// # Errors
    /// When there is no terminal, process or thread to be had.
    pub fn open(&self, config: &Config, id: TerminalId, wanted: OpenTerminal) -> io::Result<Mailbox> {
        if let Some(mailbox) = self.find(id) {
            return Ok(mailbox);
        }
        let size = wanted.size.filter(|size| size.is_valid()).unwrap_or(Size::DEFAULT);
        let (mailbox, inbox) = Mailbox::new()?;
        let shell = shell::start(config, id, size, wanted.time_zone.as_deref())?;
        let pid = shell.pid;
        let name = config.shell.rsplit('/').next().unwrap_or_default().to_owned();
        let activity = Arc::clone(&self.activity);
        let started = Worker::new(id, shell, size, name, inbox, activity).and_then(|worker| {
            let thread = std::thread::Builder::new().name(format!("terminal-{id}")).stack_size(STACK_BYTES);
            thread.spawn(move || worker.run())
        });
        let thread = started.inspect_err(|_| sys::kill(-pid, libc::SIGKILL))?;
        let mut threads = self.threads.borrow_mut();
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        if let Some(command) = wanted.command
            && mailbox.send(Letter::Command(command)).is_err()
        {
            return Err(io::Error::other(Full));
        }
        self.open.borrow_mut().insert(id, Entry { pid, mailbox: mailbox.clone() });
        Ok(mailbox)
    }

    /// A child of the guest's ended. If it was a terminal's shell, the terminal is forgotten, and
    /// the next to ask for it gets a new one.
    pub fn child_ended(&self, pid: i32, how: Ended) {
        let mut open = self.open.borrow_mut();
        let id = open.iter().find(|(_, entry)| entry.pid == pid).map(|(id, _)| *id);
        if let Some(entry) = id.and_then(|id| open.remove(&id)) {
            entry.mailbox.end(how);
        }
    }

    /// From now on sockets close with 4503.
    pub fn stop(&self) {
        self.open.borrow().values().for_each(|entry| entry.mailbox.stop());
    }

    /// Whether the threads of all terminals have ended.
    #[must_use]
    pub fn are_over(&self) -> bool {
        self.threads.borrow().iter().all(JoinHandle::is_finished)
    }
}
