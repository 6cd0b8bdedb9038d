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
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};

use super::fault::Fault;
use super::off_the_tasks;

/// Bytes that are gathered before they are written. What an upload holds of the server is twice this.
const BATCH: usize = 1 << 20;
/// Pieces below this are copied to one another, bytes.
const SMALL: usize = 16 << 10;
/// How much of a refused file is taken, and for how long.
const DRAINED: usize = 16 << 20;
const DRAIN_LIMIT: Duration = Duration::from_secs(20);
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

/// Up to about [`BATCH`] bytes, and whether they are the last. Small pieces are put together: each would hold
/// the buffer that it is a piece of.
async fn gather(bytes: &mut FileBytes) -> Result<(Vec<Bytes>, bool), Fault> {
    let (mut batch, mut small, mut length) = (Vec::new(), BytesMut::new(), 0);
    let mut is_last = false;
    while length < BATCH && !is_last {
        match tokio::time::timeout(IDLE_LIMIT, bytes.next()).await {
            Ok(Some(Ok(next))) => {
                length += next.len();
                if next.len() < SMALL {
                    small.extend_from_slice(&next);
                } else {
                    batch.extend((!small.is_empty()).then(|| small.split().freeze()));
                    batch.push(next);
                }
            }
            Ok(None) => is_last = true,
            Ok(Some(Err(error))) => {
                tracing::debug!(%error, "an upload broke off");
                return Err(ApiError::conflict("The upload broke off before all of it was here.").into());
            }
            Err(_) => return Err(ApiError::conflict("Nothing came of the upload for a minute.").into()),
        }
    }
    batch.extend((!small.is_empty()).then(|| small.freeze()));
    Ok((batch, is_last))
}

/// Takes what comes of a file that is refused, as far as that is little: a sender whose connection is cut while
/// it sends may never read why.
pub(super) async fn drain(mut bytes: FileBytes) {
    let all = async {
        let mut length = 0;
        while let Some(Ok(next)) = bytes.next().await {
            length += next.len();
            if length > DRAINED {
                break;
            }
        }
    };
    // One that is slower than that is cut.
    let _ = tokio::time::timeout(DRAIN_LIMIT, all).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_is_gathered_than_may_be_held() {
        let small = futures::stream::repeat_with(|| Ok(Bytes::from_static(b"x"))).take(BATCH + 3);
        let mut bytes: FileBytes = small.boxed();
        let mut lengths = Vec::new();
        loop {
            let (batch, is_last) = gather(&mut bytes).await.unwrap();
            lengths.push(batch.iter().map(Bytes::len).collect::<Vec<_>>());
            if is_last {
                break;
            }
        }
        assert_eq!(lengths, [vec![BATCH], vec![3]], "of small pieces one is made");
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
