//! Several files as one zip, made while it is read: nothing of it is ever whole, here or on the disk.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use app::model::storage::{FilePath, Kind, numbered};
use bytes::{Bytes, BytesMut};
use nix::sys::stat::FileStat;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::listing::modified_at;
use super::tree::{self, Tree};
use super::walk;

/// Bytes that are gathered before they are sent, and how many such wait for a slow reader.
const CHUNK: usize = 256 << 10;
const AHEAD: usize = 2;
/// How long a reader may take nothing.
const READ_LIMIT: Duration = Duration::from_secs(60);
/// How many files may come to have one name, for what it had is no name elsewhere.
const MAX_NAMESAKES: u32 = 1_000;

/// One thing to put in.
pub(super) struct Item {
    pub tree: Tree,
    pub path: FilePath,
}

/// Writes all of `items` into `sink`, each by its last name; ends when nobody reads any more.
///
/// # Errors
/// Also told to the reader, for whom the archive then ends before its end.
pub(super) fn write(items: &[Item], sink: &Sink) -> io::Result<()> {
    let chunks = Chunks { sink: sink.clone(), buffer: BytesMut::new() };
    let mut archive = Archive { zip: ZipWriter::new_stream(chunks), taken: std::collections::HashSet::new() };
    for item in items {
        archive.put(item)?;
    }
    let mut chunks = archive.zip.finish().map_err(io::Error::other)?.into_inner();
    chunks.flush()
}

/// Where an archive goes, from a thread that may wait for its reader.
#[derive(Debug, Clone)]
pub(super) struct Sink {
    sender: mpsc::Sender<io::Result<Bytes>>,
    runtime: Handle,
}

impl Sink {
    /// To be made within the runtime, and used outside of its threads.
    pub fn new(sender: mpsc::Sender<io::Result<Bytes>>) -> Self {
        Self { sender, runtime: Handle::current() }
    }

    /// # Errors
    /// When nobody reads any more, or takes nothing for [`READ_LIMIT`].
    pub fn send(&self, chunk: io::Result<Bytes>) -> io::Result<()> {
        // The timer belongs to the runtime, so it is made within.
        let sent = self.runtime.block_on(async { tokio::time::timeout(READ_LIMIT, self.sender.send(chunk)).await });
        sent.map_err(|_| io::ErrorKind::TimedOut)?.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// A channel for an archive.
pub(super) fn channel() -> (mpsc::Sender<io::Result<Bytes>>, mpsc::Receiver<io::Result<Bytes>>) {
    mpsc::channel(AHEAD)
}

struct Archive {
    zip: ZipWriter<StreamWriter<Chunks>>,
    /// Names at the archive's root.
    taken: std::collections::HashSet<String>,
}

impl Archive {
    fn put(&mut self, item: &Item) -> io::Result<()> {
        let name = item.path.name().unwrap_or("files");
        let root = (1..).map(|number| numbered(name, number)).find(|name| self.taken.insert(name.clone()));
        let root = root.unwrap_or_default();
        let mut top = item.path.clone();
        if let Some((parent, name)) = item.tree.parent(&item.path)? {
            match tree::kind(&parent.stat(name)?) {
                Kind::Folder => {}
                // A link that was asked for leads where it leads in the tree, unlike one that is come upon.
                Kind::Link => match item.tree.folder(&item.path).and_then(|folder| item.tree.path_of(&folder)) {
                    Ok(Some(real)) => top = real,
                    _ => return self.file(&root, item.tree.file(&item.path)),
                },
                Kind::File | Kind::Other => return self.file(&root, parent.file(name)),
            }
        }
        let depth = top.names().count();
        walk::folders(&item.tree, &top, |path, folder, listed| {
            let inner: Vec<&str> = std::iter::once(root.as_str()).chain(path.names().skip(depth)).collect();
            let inner = inner.join("/");
            // Two that differ only in what `harmless` replaces become one.
            match self.zip.add_directory(harmless(&inner), SimpleFileOptions::default()) {
                Ok(()) | Err(ZipError::InvalidArchive(_)) => {}
                Err(error) => return Err(io::Error::other(error)),
            }
            for entry in listed.iter().filter(|entry| entry.kind == Kind::File) {
                let name = format!("{inner}/{}", String::from_utf8_lossy(&entry.name));
                self.file(&name, folder.file(OsStr::from_bytes(&entry.name)))?;
            }
            Ok::<_, io::Error>(true)
        })
    }

    /// Puts a regular file in, as much of it as there was when it was opened; anything else is passed over.
    fn file(&mut self, name: &str, opened: io::Result<(File, FileStat)>) -> io::Result<()> {
        let (file, stat) = match opened {
            // Or a link that leads out.
            Err(error) if walk::is_gone(&error) || error.kind() == io::ErrorKind::CrossesDevices => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Ok(()),
            opened => opened?,
        };
        self.start(name, &stat)?;
        // One that grows while it is read, such as this very archive, has an end all the same.
        io::copy(&mut io::Read::take(file, tree::size(&stat)), &mut self.zip)?;
        Ok(())
    }
}

impl Archive {
    /// Begins a file, with a number when another has become its namesake.
    fn start(&mut self, name: &str, stat: &FileStat) -> io::Result<()> {
        let name = harmless(name);
        let (folder, last) = name.rsplit_once('/').map_or(("", &*name), |(folder, last)| (folder, last));
        for number in 1..MAX_NAMESAKES {
            let last = numbered(last, number);
            let name = if folder.is_empty() { last } else { format!("{folder}/{last}") };
            match self.zip.start_file(name, options(stat)) {
                Err(ZipError::InvalidArchive(_)) => {}
                started => return started.map_err(io::Error::other),
            }
        }
        Err(io::Error::other("too many files that can't be told apart in an archive"))
    }
}

fn options(stat: &FileStat) -> SimpleFileOptions {
    let at = modified_at(stat);
    let year = u16::try_from(at.year()).unwrap_or_default();
    let modified = DateTime::from_date_and_time(year, at.month().into(), at.day(), at.hour(), at.minute(), at.second());
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1))
        .large_file(tree::size(stat) >= u64::from(u32::MAX))
        .unix_permissions(stat.st_mode & 0o777)
        .last_modified_time(modified.unwrap_or_default())
}

/// A name that leads nowhere else on whatever unpacks it: on Windows a backslash is a slash and a colon a drive.
fn harmless(name: &str) -> String {
    name.replace(['\\', ':', '\0'], "_")
}

/// A writer that sends what it is given in chunks, and waits for who reads them.
struct Chunks {
    sink: Sink,
    buffer: BytesMut,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = self.buffer.split().freeze();
        self.sink.send(Ok(chunk))
    }
}
