//! A file's bytes as they come: onto the disk in large writes, off the tasks that serve everybody else.

use std::borrow::Borrow;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
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
    let (mut batch, mut is_last) = gather(&mut bytes).await?;
    loop {
        let length: usize = batch.iter().map(Bytes::len).sum();
        let place = offset + written;
        written += length as u64;
        may(written)?;
        let writing = write(Arc::clone(&file), batch, place, hash);
        if is_last {
            return Ok((written, writing.await?.map(|hash| hash.finalize().into())));
        }
        // The next comes while one is written.
        ((batch, is_last), hash) = tokio::try_join!(gather(&mut bytes), writing)?;
    }
}

/// Writes one batch, and has the kernel begin to put it on the disk, so that little is left to do at the end.
async fn write<F: Borrow<File> + Send + Sync + 'static>(
    file: Arc<F>,
    batch: Vec<Bytes>,
    place: u64,
    mut hash: Option<Sha256>,
) -> Result<Option<Sha256>, Fault> {
    off_the_tasks(move || {
        let file = (*file).borrow();
        let mut end = place;
        for bytes in &batch {
            file.write_all_at(bytes, end)?;
            end += bytes.len() as u64;
            if let Some(hash) = &mut hash {
                hash.update(bytes);
            }
        }
        begin_to_sync(file, place, end - place);
        Ok(hash)
    })
    .await
}

fn begin_to_sync(file: &File, place: u64, length: u64) {
    let (Ok(place), Ok(length)) = (i64::try_from(place), i64::try_from(length)) else { return };
    // SAFETY: plain numbers, and a descriptor that is open as long as `file` is borrowed.
    let outcome = unsafe { libc::sync_file_range(file.as_raw_fd(), place, length, libc::SYNC_FILE_RANGE_WRITE) };
    if outcome != 0 {
        // Only speed is lost: at the end all of it is forced to the disk.
        tracing::trace!(error = %io::Error::last_os_error(), "the kernel writes later");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_is_gathered_than_may_be_held() {
        let small = futures::stream::repeat_with(|| Ok(Bytes::from_static(b"x"))).take(3 * PIECES);
        let mut bytes: FileBytes = small.boxed();
        let mut lengths = Vec::new();
        loop {
            let (batch, is_last) = gather(&mut bytes).await.unwrap();
            lengths.push(batch.len());
            if is_last {
                break;
            }
        }
        assert_eq!(lengths, [PIECES, PIECES, PIECES, 0]);
        let large = futures::stream::repeat_with(|| Ok(Bytes::from_static(&[0; 1 << 18])));
        let mut bytes: FileBytes = large.boxed();
        let (batch, is_last) = gather(&mut bytes).await.unwrap();
        assert_eq!((batch.iter().map(Bytes::len).sum(), is_last), (BATCH, false));
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_nothing_for_a_minute_is_not_waited_for() {
        let mut bytes: FileBytes = futures::stream::pending().boxed();
        assert!(matches!(gather(&mut bytes).await, Err(Fault::Told(_))));
    }
}
