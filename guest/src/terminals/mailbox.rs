//! How the rest of the guest speaks to a terminal's thread.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};

use protocol::frame::Size;
use protocol::guest::Terminal;
use tokio::sync::oneshot;

use crate::sys::{Bell, Ended};

/// How many letters may wait. A terminal takes them within a turn of its loop, about a
/// millisecond; when it doesn't, the request fails, which is [`Full`].
const CAPACITY: usize = 64;

/// What a terminal is told or asked.
pub enum Letter {
    /// A client has come.
    Attach(Box<Attach>),
    /// What there is to tell about the terminal.
    Describe(oneshot::Sender<Terminal>),
    /// The screen and scrollback, with or without colours.
    Contents { ansi: bool, reply: oneshot::Sender<Vec<u8>> },
    /// As if typed; answers whether there was room for it.
    Input { bytes: Vec<u8>, reply: oneshot::Sender<bool> },
    /// Typed once the shell is ready for it.
    Command(String),
}

/// A client that has come.
pub struct Attach {
    pub socket: OwnedFd,
    /// What it sent right after its handshake.
    pub early: Vec<u8>,
    pub size: Option<Size>,
    /// What it has of the stream, and of which epoch.
    pub since: Option<(u64, String)>,
}

/// The terminal takes no more now, or has ended.
#[derive(Debug, thiserror::Error)]
#[error("the terminal does not answer")]
pub struct Full;

/// What befalls a terminal. Not a letter, because it must arrive even when the mailbox is full.
#[derive(Default)]
pub struct Fate {
    /// How the shell ended.
    pub ended: OnceLock<Ended>,
    /// The session stops: from now on sockets close with 4503.
    pub stopping: AtomicBool,
}

/// The sending side.
#[derive(Clone)]
pub struct Mailbox {
    letters: SyncSender<Letter>,
    bell: Arc<Bell>,
    fate: Arc<Fate>,
}

/// The terminal's side.
pub struct Inbox {
    pub letters: Receiver<Letter>,
    pub bell: Arc<Bell>,
    pub fate: Arc<Fate>,
}

impl Mailbox {
    /// Both sides.
    ///
    /// # Errors
    /// When there are no more descriptors.
    pub fn new() -> std::io::Result<(Self, Inbox)> {
        let (bell, fate) = (Arc::new(Bell::new()?), Arc::new(Fate::default()));
        let (sender, letters) = sync_channel(CAPACITY);
        let inbox = Inbox { letters, bell: Arc::clone(&bell), fate: Arc::clone(&fate) };
        Ok((Self { letters: sender, bell, fate }, inbox))
    }

    /// The shell ended.
    pub fn end(&self, how: Ended) {
        // A process ends once.
        let _ = self.fate.ended.set(how);
        self.bell.ring();
    }

    /// The session stops.
    pub fn stop(&self) {
        self.fate.stopping.store(true, Ordering::Relaxed);
        self.bell.ring();
    }

    /// Sends without waiting.
    ///
    /// # Errors
    /// When the terminal takes no more, or has ended.
    pub fn send(&self, letter: Letter) -> Result<(), Full> {
        self.letters.try_send(letter).map_err(|_| Full)?;
        self.bell.ring();
        Ok(())
    }
}
