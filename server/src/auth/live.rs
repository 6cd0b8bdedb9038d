//! Connections that outlive their request: terminals' sockets and streams of events. Each ends within
//! [`LOOK_EVERY`] of the moment its cookie or token stops being good, whoever ended it and wherever: on this
//! server at once, in the database when it is looked at next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::database::{Database, TokenHash};
use crate::shutdown::Shutdown;

/// Between two looks at the database: half of the five seconds that are promised, less the queries' own time.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Hashes asked for in one query. SQLite takes 32,766 parameters at most.
const AT_ONCE: usize = 1000;

#[derive(Debug)]
struct Entry {
    ended: CancellationToken,
    connections: usize,
}

/// Every open connection, by what opened it. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Live(Arc<Mutex<HashMap<TokenHash, Entry>>>);

/// One open connection; dropped when it has closed.
#[derive(Debug)]
pub struct Connection {
    live: Live,
    credential: TokenHash,
    ended: CancellationToken,
}

impl Connection {
    /// Completes when the connection must end.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut entries = self.live.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One that was ended is counted no more; an entry that is there by now is another's.
        if self.ended.is_cancelled() {
            return;
        }
        if let Some(entry) = entries.get_mut(&self.credential) {
            entry.connections -= 1;
            if entry.connections == 0 {
                entries.remove(&self.credential);
            }
        }
    }
}

impl Live {
    /// Notes a connection that `credential` opened.
    #[must_use]
    pub fn open(&self, credential: &TokenHash) -> Connection {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries
            .entry(credential.clone())
            .or_insert_with(|| Entry { ended: CancellationToken::new(), connections: 0 });
        entry.connections += 1;
        Connection { live: self.clone(), credential: credential.clone(), ended: entry.ended.clone() }
    }

    /// Ends every connection of `credential`.
    pub fn end(&self, credential: &TokenHash) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that no connection drops between the two and takes another's place.
        if let Some(entry) = entries.remove(credential) {
            entry.ended.cancel();
        }
    }

    /// Looks, until `shutdown`, whether what opened each connection is still good.
    pub async fn watch(self, database: Database, shutdown: Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.begun() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let open: Vec<TokenHash> = self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
            for some in open.chunks(AT_ONCE) {
                match database.still_good(some, OffsetDateTime::now_utc()).await {
                    Ok(good) => some.iter().filter(|hash| !good.contains(hash)).for_each(|hash| self.end(hash)),
                    // Nobody is cut off because the database is away for a moment.
                    Err(error) => tracing::warn!(%error, "open connections could not be checked; trying again"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_ended_ends_all_its_connections_and_no_others() {
        let live = Live::default();
        let (ours, theirs) = (TokenHash::of("ours"), TokenHash::of("theirs"));
        let (one, two, other) = (live.open(&ours), live.open(&ours), live.open(&theirs));
        live.end(&ours);
        tokio::join!(one.ended(), two.ended());
        assert!(!other.ended.is_cancelled());
        let again = live.open(&ours);
        drop((one, two));
        assert!(!again.ended.is_cancelled());
        drop((again, other));
        assert!(live.0.lock().expect("no panic").is_empty());
    }
}
