//! A file that is read: opened once, so that what is sent is of one file, whatever has its name by then.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use app::backend::sessions::FileBytes;
use app::backend::storage::OpenFile;
use app::model::storage::At;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use nix::sys::stat::FileStat;

use super::fault::Fault;
use super::listing::{media_type, modified_at};
use super::off_the_tasks;
use super::tree::{self, Tree};

/// Bytes that are read at once. Two such are held of each file: one that is read, one that is sent.
const CHUNK: u64 = 512 << 10;

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
        let file = Arc::clone(&self.file);
        let starts = (range.start..range.end).step_by(CHUNK as usize);
        let chunks = starts.map(move |start| {
            let (file, length) = (Arc::clone(&file), CHUNK.min(range.end - start));
            off_the_tasks(move || chunk(&file, start, length))
        });
        // The next is read while one is sent.
        futures::stream::iter(chunks).buffered(2).boxed()
    }
}

/// # Errors
/// `UnexpectedEof` when there are fewer bytes by now: what was promised can't be sent any more.
fn chunk(file: &File, start: u64, length: u64) -> io::Result<Bytes> {
    let mut bytes = BytesMut::zeroed(length as usize);
    file.read_exact_at(&mut bytes, start)?;
    Ok(bytes.freeze())
}
