//! Files that a person uploads: written as the programs' user into `~/uploads`, whole or not at all.
//!
//! The folder is the programs' own, so nothing in it is trusted: it is never reached through a symbolic
//! link, a file is made under a name of ours that is not there, and gets its own only if nobody has it.
//! A thread a file, since its file system rights are the thread's own, and a full disk's wait is its alone.

use std::ffi::{CStr, CString};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use bytes::Bytes;
use protocol::guest::{Config, User};
use protocol::upload::{FOLDER, UNFINISHED, UploadName};
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};

use crate::sys;

/// Uploads at once. A page sends one after the other; each is a thread and a few pieces.
const MAX_UPLOADS: usize = 8;
/// Pieces of a file, of at most 16 KiB, that wait for the disk before the sender does.
const MAX_WAITING: usize = 4;
/// Files that may have the same name but for its number.
const MAX_NUMBER: u32 = 1_000;
/// Stack of a writing thread, bytes.
const STACK_BYTES: usize = 128 * 1024;

/// Room for uploads at once.
pub struct Room(Semaphore);

impl Default for Room {
    fn default() -> Self {
        Self(Semaphore::new(MAX_UPLOADS))
    }
}

impl Room {
    /// A place, if there is one.
    #[must_use]
    pub fn enter(&self) -> Option<SemaphorePermit<'_>> {
        self.0.try_acquire().ok()
    }
}

/// What comes of a file.
pub enum Piece {
    Bytes(Bytes),
    /// That was all. Without it, the file is dropped.
    End,
}

/// Why a file was not kept.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("~/{FOLDER} is not a folder that can be written to: {0}")]
    Folder(io::Error),
    #[error("too many files have this name")]
    Taken,
    #[error("the disk is full")]
    Full,
    #[error("the upload was broken off")]
    BrokenOff,
    #[error("the file can't be written: {0}")]
    Other(io::Error),
}

impl From<io::Error> for UploadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Self::Full,
            _ => Self::Other(error),
        }
    }
}

/// Begins to write a file: where its pieces go, and what became of it (its path).
///
/// # Errors
/// Where an upload ended up, or why nowhere.
pub type Written = Result<String, UploadError>;

/// When there is no thread to be had.
pub fn begin(config: &Config, name: UploadName) -> io::Result<(mpsc::Sender<Piece>, oneshot::Receiver<Written>)> {
    let (pieces, mut incoming) = mpsc::channel(MAX_WAITING);
    let (reply, outcome) = oneshot::channel();
    let (home, user) = (config.home.clone(), config.user);
    on_a_thread(user, move |allowed| {
        let stored = allowed.map_err(UploadError::from).and_then(|()| store(&home, &name, &mut incoming));
        // Whoever asked may have gone.
        let _ = reply.send(stored);
    })?;
    Ok((pieces, outcome))
}

/// Removes what a guest that was killed left half written. Tells when it can't: nothing hangs on it.
pub fn clean_up(config: &Config) {
    let home = config.home.clone();
    let cleaned = on_a_thread(config.user, move |allowed| allowed.and_then(|()| remove_unfinished(&home)));
    let outcome = cleaned.and_then(|thread| thread.join().unwrap_or(Ok(())));
    if let Err(error) = outcome {
        eprintln!("berth-guest: uploads that were broken off can't be removed: {error}");
    }
}

/// Runs `work` on a thread that reaches files as `user` does, if it may.
fn on_a_thread<T: Send + 'static>(
    user: Option<User>,
    work: impl FnOnce(io::Result<()>) -> T + Send + 'static,
) -> io::Result<std::thread::JoinHandle<T>> {
    let thread = std::thread::Builder::new().name("upload".to_owned()).stack_size(STACK_BYTES);
    thread.spawn(move || work(user.map_or(Ok(()), |user| sys::reach_files_as(user.uid, user.gid))))
}

fn store(home: &str, name: &UploadName, pieces: &mut mpsc::Receiver<Piece>) -> Result<String, UploadError> {
    let folder = open_folder(home).map_err(|error| match UploadError::from(error) {
        UploadError::Other(error) => UploadError::Folder(error),
        other => other,
    })?;
    let (draft, mut file) = Draft::new(&folder)?;
    loop {
        match pieces.blocking_recv() {
            Some(Piece::Bytes(bytes)) => file.write_all(&bytes)?,
            Some(Piece::End) => break,
            None => return Err(UploadError::BrokenOff),
        }
    }
    file.set_permissions(Permissions::from_mode(0o644))?;
    // Some file systems tell only now that there was no room.
    file.flush()?;
    drop(file);
    let kept = draft.keep(name)?;
    Ok(format!("{}/{FOLDER}/{kept}", home.trim_end_matches('/')))
}

fn open_folder(home: &str) -> io::Result<OwnedFd> {
    let home = OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY | libc::O_NOFOLLOW).open(home)?;
    sys::open_folder_in(home.as_fd(), &c_string(FOLDER)?)
}

fn c_string(text: &str) -> io::Result<CString> {
    CString::new(text).map_err(|_| ErrorKind::InvalidInput.into())
}

/// A file under a name of ours, removed unless it is kept.
struct Draft<'a> {
    folder: &'a OwnedFd,
    name: CString,
    kept: bool,
}

impl<'a> Draft<'a> {
    fn new(folder: &'a OwnedFd) -> io::Result<(Self, File)> {
        let random = u64::from_ne_bytes(sys::random::<8>()?);
        let name = c_string(&format!("{UNFINISHED}{random:016x}"))?;
        let file = sys::create_file_in(folder.as_fd(), &name)?;
        Ok((Self { folder, name, kept: false }, file))
    }

    /// Gives it `name`, or the next that nobody has; answers which.
    fn keep(mut self, name: &UploadName) -> Result<String, UploadError> {
        for number in 1..=MAX_NUMBER {
            let wanted = name.numbered(number);
            match sys::rename_new_in(self.folder.as_fd(), &self.name, &c_string(&wanted)?) {
                Ok(()) => {
                    self.kept = true;
                    return Ok(wanted);
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(UploadError::Taken)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        // A program in the container may have removed it before us.
        if !self.kept {
            let _ = sys::remove_file_in(self.folder.as_fd(), &self.name);
        }
    }
}

fn remove_unfinished(home: &str) -> io::Result<()> {
    let path = Path::new(home).join(FOLDER);
    // Not made for this, and a link is nothing to clean behind.
    if !path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    let folder = open_folder(home)?;
    // Only names are taken from the path; what is removed is in the folder that was opened.
    for entry in path.read_dir()? {
        let name = entry?.file_name();
        if name.as_bytes().starts_with(UNFINISHED.as_bytes()) {
            let name: &CStr = &CString::new(name.as_bytes()).map_err(|_| ErrorKind::InvalidInput)?;
            match sys::remove_file_in(folder.as_fd(), name) {
                // A folder of that name is somebody's joke, and stays.
                Err(error) if !matches!(error.kind(), ErrorKind::IsADirectory | ErrorKind::NotFound) => {
                    return Err(error);
                }
                _ => {}
            }
        }
    }
    Ok(())
}
