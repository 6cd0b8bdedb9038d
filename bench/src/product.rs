//! What is measured: the whole product, or its guests alone.

mod at_docker;
mod guest;
mod server;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

pub use at_docker::AtDocker;
pub use guest::Guests;
pub use server::{Command, Server};

use crate::socket::{Event, Socket};

/// How long a new session may take until it runs.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Something with sessions that have terminals.
pub trait Product: Send + Sync {
    /// Makes a session and starts it.
    fn start_session(&self) -> Result<Running>;

    /// Opens a socket to a session's terminal. `query` begins with `&` or is empty.
    fn connect(&self, session: &str, terminal: u8, query: &str) -> Result<Socket>;

    /// Ends and removes a session with all that is in it.
    fn delete_session(&self, session: &str) -> Result<()>;

    /// The server's process, if there is one between.
    fn server(&self) -> Option<&Server>;

    /// Ends everything that this product started. May be called at any time, from any thread.
    fn shut_down(&self);
}

/// A session as its product started it.
#[derive(Debug)]
pub struct Running {
    pub id: String,
    /// The process of its guest.
    pub guest: i32,
}

/// A session for the length of a benchmark; dropped, it is deleted.
pub struct Session {
    product: Arc<dyn Product>,
    running: Running,
}

impl Session {
    /// A new one that runs.
    pub fn start(product: &Arc<dyn Product>) -> Result<Self> {
        Ok(Self { product: Arc::clone(product), running: product.start_session()? })
    }

    /// A socket to one of its terminals.
    pub fn connect(&self, terminal: u8) -> Result<Socket> {
        self.connect_with(terminal, "")
    }

    /// A socket to one of its terminals, with more to the query.
    pub fn connect_with(&self, terminal: u8, query: &str) -> Result<Socket> {
        self.product.connect(&self.running.id, terminal, query)
    }

    /// It, as its product started it.
    pub fn running(&self) -> &Running {
        &self.running
    }

    /// The processes that stand between a client and its shell: the server, if there is one, and the guest.
    pub fn between(&self) -> Vec<(&'static str, i32)> {
        let server = self.product.server().map(|server| ("server", server.pid()));
        server.into_iter().chain([("guest", self.running.guest)]).collect()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Err(error) = self.product.delete_session(&self.running.id) {
            eprintln!("session {} could not be deleted: {error:#}", self.running.id);
        }
    }
}

/// Between two tries to connect to a session that is starting. Without it the client would be who uses the processors.
const RETRY: Duration = Duration::from_millis(3);

/// Connects again and again until terminal 1 of a starting session gives its first byte: one
/// that its shell wrote, and not a snapshot of an empty screen.
pub fn first_output(product: &dyn Product, session: &str) -> Result<Socket> {
    let deadline = Instant::now() + START_LIMIT;
    loop {
        let mut socket = product.connect(session, 1, "")?;
        loop {
            let is_output = match socket.next(usize::MAX)? {
                Event::Output(_) => true,
                Event::Closed(protocol::close::TRY_AGAIN) => break,
                Event::Closed(code) => bail!("the socket of a starting session closed with {code}"),
                Event::Frame(_) | Event::Nothing => false,
            };
            if is_output && socket.offset > 0 {
                return Ok(socket);
            }
        }
        std::thread::sleep(RETRY);
        if Instant::now() > deadline {
            bail!("session {session} gave no output within {START_LIMIT:?}");
        }
    }
}

/// The ids of what has to be removed at the end.
#[derive(Debug, Default)]
struct Registry<T>(Mutex<Vec<T>>);

impl<T: PartialEq> Registry<T> {
    fn add(&self, item: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }

    fn remove(&self, matches: impl Fn(&T) -> bool) -> Option<T> {
        let mut items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        items.iter().position(matches).map(|at| items.remove(at))
    }

    fn take(&self) -> Vec<T> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Waits until a child has ended; kills it when it does not within `limit`.
pub fn reap(child: &mut std::process::Child, limit: Duration) -> Result<()> {
    let deadline = Instant::now() + limit;
    while child.try_wait()?.is_none() {
        if Instant::now() > deadline {
            child.kill().context("can't kill a child")?;
            child.wait()?;
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
