//! A file's bytes as they come: onto the disk in large writes, off the tasks that serve everybody else.

use std::borrow::Borrow;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::time::Duration;

use app::backend::sessions::FileBytes;
use app::model::error::ApiError;
use bytes::Bytes;
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};

use super::fault::Fault;
use super::off_the_tasks;

/// Bytes that are gathered before they are written. What an upload holds of the server is twice this.
const BATCH: usize = 1 << 20;
/// Pieces that are gathered, however small: each is more than its bytes.
const PIECES: usize = 4 << 10;
/// How long a sender may send nothing.
const IDLE_LIMIT: Duration = Duration::from_secs(60);

/// Writes what comes to `file` from `offset` on; answers how much that was, and its SHA-256 if asked for.
/// Before any of it is written, `may` says whether there may be so many bytes.
///
/// # Errors
/// What `may` says; CONFLICT for a sender who stops half-way.
pub(super) async fn receive<F: Borrow<File> + Send + Sync + 'static>(
    mut bytes: FileBytes,
    file: Arc<F>,
    offset: u64,
    hashed: bool,
    mut may: impl FnMut(u64) -> Result<(), Fault>,
) -> Result<(u64, Option<[u8; 32]>), Fault> {
    let mut hash = hashed.then(Sha256::new);
    let mut written = 0_u64;
    loop {
        let (batch, is_last) = gather(&mut bytes).await?;
        let length: usize = batch.iter().map(Bytes::len).sum();
        let place = offset + written;
        written += length as u64;
        may(written)?;
        if length > 0 {
            let file = Arc::clone(&file);
            hash = off_the_tasks(move || {
                let mut place = place;
                for bytes in &batch {
                    (*file).borrow().write_all_at(bytes, place)?;
                    place += bytes.len() as u64;
                    if let Some(hash) = &mut hash {
                        hash.update(bytes);
                    }
                }
                Ok::<_, io::Error>(hash)
            })
            .await?;
        }
        if is_last {
            return Ok((written, hash.map(|hash| hash.finalize().into())));
        }
    }
}

/// Up to about [`BATCH`] bytes or [`PIECES`], and whether they are the last.
async fn gather(bytes: &mut FileBytes) -> Result<(Vec<Bytes>, bool), Fault> {
    let (mut batch, mut length) = (Vec::new(), 0);
    while length < BATCH && batch.len() < PIECES {
        match tokio::time::timeout(IDLE_LIMIT, bytes.next()).await {
            Ok(Some(Ok(next))) => {
                length += next.len();
                batch.push(next);
            }
            Ok(None) => return Ok((batch, true)),
            Ok(Some(Err(error))) => {
                tracing::debug!(%error, "an upload broke off");
                return Err(ApiError::conflict("The upload broke off before all of it was here.").into());
            }
            Err(_) => return Err(ApiError::conflict("Nothing came of the upload for a minute.").into()),
        }
    }
    Ok((batch, false))
}
