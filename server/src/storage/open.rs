//! A file that is read: opened once, so that what is sent is of one file, whatever has its name by then.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::backend::sessions::FileBytes;
use app::backend::storage::OpenFile;
use app::model::storage::At;
use bytes::Bytes;
use futures::StreamExt as _;
use nix::sys::stat::FileStat;

use super::fault::Fault;
use super::listing::{media_type, modified_at};
use super::off_the_tasks;
use super::tree::{self, Tree};

/// Bytes that are read at once. Two such are held of each file: one that is read, one that is sent.
const CHUNK: usize = 512 << 10;

/// Implements [`OpenFile`].
#[derive(Debug)]
pub(super) struct Opened {
    file: Arc<File>,
    name: String,
    size: u64,
    media_type: String,
    etag: String,
    last_modified: String,
}

impl Opened {
    pub fn new(tree: &Tree, at: &At) -> Result<Self, Fault> {
        let (file, stat) = tree.file(&at.path)?;
        let name = at.path.name().unwrap_or_default().to_owned();
        let last_modified = httpdate::fmt_http_date(modified_at(&stat).max(time::OffsetDateTime::UNIX_EPOCH).into());
        Ok(Self {
            file: Arc::new(file),
            size: tree::size(&stat),
            media_type: media_type(&name),
            etag: etag(&stat),
            last_modified,
            name,
        })
    }
}

/// What changes with a file's bytes: which file it is, its length, and when it changed last, which the kernel
/// tells to the nanosecond.
pub(super) fn etag(stat: &FileStat) -> String {
    format!("\"{:x}-{:x}-{:x}-{:x}\"", stat.st_ino, stat.st_size, stat.st_mtime, stat.st_mtime_nsec)
}

impl OpenFile for Opened {
    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn media_type(&self) -> &str {
        &self.media_type
    }

    fn etag(&self) -> &str {
        &self.etag
    }

    fn last_modified(&self) -> &str {
        &self.last_modified
    }

    fn read(&self, range: Range<u64>) -> FileBytes {
        let (file, buffers) = (Arc::clone(&self.file), Buffers::default());
        let starts = (range.start..range.end).step_by(CHUNK);
        let chunks = starts.map(move |start| {
            let (file, buffers, length) = (Arc::clone(&file), buffers.clone(), CHUNK.min((range.end - start) as usize));
            off_the_tasks(move || buffers.read(&file, start, length))
        });
        // The next is read while one is sent.
        futures::stream::iter(chunks).buffered(2).boxed()
    }
}

/// Buffers that were sent, to be read into again: a new one for each chunk costs more than the reading.
#[derive(Debug, Clone, Default)]
struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

/// A buffer with what was read, until it is sent.
#[derive(Debug)]
struct Lent {
    buffer: Vec<u8>,
    length: usize,
    buffers: Buffers,
}

impl Buffers {
    /// # Errors
    /// `UnexpectedEof` when there are fewer bytes by now: what was promised can't be sent any more.
    fn read(self, file: &File, start: u64, length: usize) -> io::Result<Bytes> {
        let mut buffer = self.lock().pop().unwrap_or_default();
        if buffer.len() < length {
            buffer.resize(length, 0);
        }
        file.read_exact_at(&mut buffer[..length], start)?;
        Ok(Bytes::from_owner(Lent { buffer, length, buffers: self }))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        self.buffers.lock().push(buffer);
    }
}
