//! Which sessions have an owner now.
//!
//! A session at rest has none: a thousand stopped sessions cost nothing but rows. An owner is made by
//! the first command, and goes when it is at rest with nothing asked of it. Both happen under one
//! lock, so that no command falls between and no session ever has two owners.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::SessionId;
use tokio::sync::mpsc;

use crate::sessions::context::Context;
use crate::sessions::owner::{self, Command};

/// Commands that may wait for one owner. It answers each at once, so more than these means that
/// somebody sends without reading answers; the rest is refused.
const INBOX: usize = 16;

#[derive(Default)]
pub(super) struct Registry {
    owners: Mutex<HashMap<SessionId, mpsc::Sender<Command>>>,
}

/// The owner has too much waiting.
pub(super) struct Busy;

impl Registry {
    /// Gives `command` to the session's owner, which is made if there is none.
    pub fn send(&self, context: &Arc<Context>, id: &SessionId, command: Command) -> Result<(), Busy> {
        let mut owners = self.owners();
        let command = match owners.get(id) {
            None => command,
            Some(owner) => match owner.try_send(command) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::TrySendError::Full(_)) => return Err(Busy),
                // Its task ended with the server's; a new one sees the shutdown and ends too.
                Err(mpsc::error::TrySendError::Closed(command)) => command,
            },
        };
        let (sender, inbox) = mpsc::channel(INBOX);
        sender.try_send(command).map_err(|_| Busy)?;
        owners.insert(id.clone(), sender);
        context.shutdown.spawn(owner::run(Arc::clone(context), id.clone(), inbox));
        Ok(())
    }

    /// Lets the owner of `id` go, unless something was asked of it meanwhile.
    pub fn retire(&self, id: &SessionId, inbox: &mpsc::Receiver<Command>) -> bool {
        let mut owners = self.owners();
        let may_go = inbox.is_empty();
        if may_go {
            owners.remove(id);
        }
        may_go
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<SessionId, mpsc::Sender<Command>>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
