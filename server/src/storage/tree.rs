//! One directory tree, in which a name that a container chose never leads out: every path is resolved by the
//! kernel, beneath the tree's root, in the call that uses it (`openat2`, `RESOLVE_BENEATH`), and the last
//! name of what is changed is never followed. Knows nothing of whose tree it is.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use app::model::storage::{FilePath, Kind};
use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, OpenHow, RenameFlags, ResolveFlag, openat2, renameat2};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat, mkdirat};
use nix::unistd::{Gid, Uid, UnlinkatFlags, fchown, fchownat, unlinkat};
use runtime::Home;

/// Tries of a lookup that a rename elsewhere in the tree made uncertain.
const RACES: usize = 64;

/// What new files and folders may be done with, and by whom.
const FILE_MODE: Mode = Mode::from_bits_truncate(0o644);
const FOLDER_MODE: Mode = Mode::from_bits_truncate(0o755);

/// An open root. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    root: Arc<OwnedFd>,
}

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder(OwnedFd);

/// A name in a folder, as it is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub name: Vec<u8>,
    pub kind: Kind,
}

impl Tree {
    /// Opens a directory whose path nobody but the server can change.
    pub fn open(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = (OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC).bits();
        let root = File::options().read(true).custom_flags(flags).open(path)?;
        Ok(Self { root: Arc::new(root.into()) })
    }

    /// The folder at `path`.
    pub fn folder(&self, path: &FilePath) -> io::Result<Folder> {
        self.lookup(path, OFlag::O_RDONLY | OFlag::O_DIRECTORY).map(Folder)
    }

    /// The folder that `path` is in, and its name there. None for the root.
    pub fn parent<'p>(&self, path: &'p FilePath) -> io::Result<Option<(Folder, &'p str)>> {
        let (Some(parent), Some(name)) = (path.parent(), path.name()) else { return Ok(None) };
        Ok(Some((self.folder(&parent)?, name)))
    }

    /// The folder at `path`, made with all above it when it isn't there.
    pub fn make_folders(&self, path: &FilePath) -> io::Result<Folder> {
        match self.folder(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            outcome => return outcome,
        }
        let Some((parent, name)) = path.parent().zip(path.name()) else { return self.folder(path) };
        match self.make_folders(&parent)?.make_folder(OsStr::new(name)) {
            // Somebody was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            outcome => outcome?,
        }
        self.folder(path)
    }

    /// Opens a regular file to read it.
    ///
    /// # Errors
    /// `InvalidInput` for what is no regular file.
    pub fn file(&self, path: &FilePath) -> io::Result<(File, FileStat)> {
        open_regular(&self.lookup(path, OFlag::O_PATH)?)
    }

    /// Where `folder` is in it at this moment, by no link. None when it is elsewhere by now, or at no path of ours.
    pub fn path_of(&self, folder: &Folder) -> io::Result<Option<FilePath>> {
        let of = |descriptor: BorrowedFd<'_>| std::fs::read_link(format!("/proc/self/fd/{}", descriptor.as_raw_fd()));
        let (root, folder) = (of(self.root.as_fd())?, of(folder.as_fd())?);
        Ok(folder.strip_prefix(root).ok().and_then(|path| path.to_str()?.parse().ok()))
    }

    fn lookup(&self, path: &FilePath, flags: OFlag) -> io::Result<OwnedFd> {
        let text = if path.is_root() { "." } else { path.as_str() };
        let how = OpenHow::new()
            .flags(flags | OFlag::O_CLOEXEC)
            .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        for _ in 1..RACES {
            match openat2(&*self.root, text, how) {
                Err(Errno::EAGAIN) => {}
                outcome => return Ok(outcome?),
            }
        }
        Ok(openat2(&*self.root, text, how)?)
    }
}

impl Folder {
    /// The same as a root.
    pub fn tree(&self) -> io::Result<Tree> {
        Ok(Tree { root: Arc::new(self.0.try_clone()?) })
    }

    /// Which folder it is on its file system.
    pub fn inode(&self) -> io::Result<u64> {
        Ok(fstat(&self.0)?.st_ino)
    }

    /// What is in it, in no order. Never `.` and `..`.
    pub fn list(&self) -> io::Result<Vec<Listed>> {
        // Another descriptor, for reading a directory moves its place in it.
        let again =
            nix::fcntl::openat(&self.0, ".", OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
        let mut listed = Vec::new();
        for entry in Dir::from_fd(again)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            let kind = match entry.file_type() {
                Some(Type::Directory) => Kind::Folder,
                Some(Type::File) => Kind::File,
                Some(Type::Symlink) => Kind::Link,
                Some(_) => Kind::Other,
                // A file system that does not say.
                None => match self.stat(entry.file_name()) {
                    Ok(stat) => kind(&stat),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                },
            };
            listed.push(Listed { name: name.to_owned(), kind });
        }
        Ok(listed)
    }

    /// The folder `name` in it, unless it is a link.
    pub fn folder<N: nix::NixPath + ?Sized>(&self, name: &N) -> io::Result<Self> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        Ok(Self(nix::fcntl::openat(&self.0, name, flags, Mode::empty())?))
    }

    /// The regular file `name` in it, unless it is a link.
    pub fn file<N: nix::NixPath + ?Sized>(&self, name: &N) -> io::Result<(File, FileStat)> {
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        open_regular(&nix::fcntl::openat(&self.0, name, flags, Mode::empty())?)
    }

    /// What `name` is, a link as a link.
    pub fn stat<N: nix::NixPath + ?Sized>(&self, name: &N) -> io::Result<FileStat> {
        Ok(fstatat(&self.0, name, AtFlags::AT_SYMLINK_NOFOLLOW)?)
    }

    /// Whether `name` is taken.
    pub fn has<N: nix::NixPath + ?Sized>(&self, name: &N) -> io::Result<bool> {
        match self.stat(name) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes a folder in it.
    pub fn make_folder(&self, name: &OsStr) -> io::Result<()> {
        mkdirat(&self.0, name, FOLDER_MODE)?;
        if let Some((user, group)) = owner() {
            fchownat(&self.0, name, Some(user), Some(group), AtFlags::AT_SYMLINK_NOFOLLOW)?;
        }
        Ok(())
    }

    /// Makes a file in it that was not there, and opens it to write.
    pub fn make_file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file: File = nix::fcntl::openat(&self.0, name, flags, FILE_MODE)?.into();
        own(&file)?;
        Ok(file)
    }

    /// Renames `name` to `to_name` in `to`; what is there already stays, and is an error.
    pub fn rename(&self, name: &OsStr, to: &Self, to_name: &OsStr) -> io::Result<()> {
        Ok(renameat2(&self.0, name, &to.0, to_name, RenameFlags::RENAME_NOREPLACE)?)
    }

    /// Removes `name`, which is no folder.
    pub fn unlink(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, UnlinkatFlags::NoRemoveDir)?)
    }

    /// Removes the folder `name`, which is empty.
    pub fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, UnlinkatFlags::RemoveDir)?)
    }

    /// Exchanges the two, so that at every moment each name has one of them.
    pub fn exchange(&self, name: &OsStr, with: &Self, with_name: &OsStr) -> io::Result<()> {
        Ok(renameat2(&self.0, name, &with.0, with_name, RenameFlags::RENAME_EXCHANGE)?)
    }

    /// Makes a symbolic link in it.
    pub fn make_link(&self, name: &OsStr, target: &OsStr) -> io::Result<()> {
        nix::unistd::symlinkat(target, &self.0, name)?;
        if let Some((user, group)) = owner() {
            fchownat(&self.0, name, Some(user), Some(group), AtFlags::AT_SYMLINK_NOFOLLOW)?;
        }
        Ok(())
    }

    /// Where the link `name` in it leads.
    pub fn read_link<N: nix::NixPath + ?Sized>(&self, name: &N) -> io::Result<std::ffi::OsString> {
        Ok(nix::fcntl::readlinkat(&self.0, name)?)
    }

    /// Has what was renamed into it survive a loss of power.
    pub fn sync(&self) -> io::Result<()> {
        Ok(nix::unistd::fsync(&self.0)?)
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Opens what was found to read it, once it is known to be a regular file: to open a device, a pipe or a
/// terminal is to do something to it.
fn open_regular(found: &OwnedFd) -> io::Result<(File, FileStat)> {
    match kind(&fstat(found)?) {
        Kind::File => {}
        Kind::Folder => return Err(io::ErrorKind::IsADirectory.into()),
        Kind::Link | Kind::Other => return Err(io::ErrorKind::InvalidInput.into()),
    }
    let file = File::open(format!("/proc/self/fd/{}", found.as_raw_fd()))?;
    let stat = fstat(&file)?;
    Ok((file, stat))
}

/// Gives a new file or folder to whom all in a tree belongs.
pub(super) fn own(new: impl AsFd) -> io::Result<()> {
    if let Some((user, group)) = owner() {
        fchown(new, Some(user), Some(group))?;
    }
    Ok(())
}

/// Who owns what is in people's trees, unless that is the server's own user anyway.
fn owner() -> Option<(Uid, Gid)> {
    Uid::effective().is_root().then(|| (Uid::from_raw(Home::OWNER), Gid::from_raw(Home::OWNER)))
}

/// What a file's facts say that it is.
pub(super) fn kind(stat: &FileStat) -> Kind {
    match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
        SFlag::S_IFDIR => Kind::Folder,
        SFlag::S_IFREG => Kind::File,
        SFlag::S_IFLNK => Kind::Link,
        _ => Kind::Other,
    }
}

/// Bytes of a regular file; 0 of anything else.
pub(super) fn size(stat: &FileStat) -> u64 {
    if kind(stat) == Kind::File { u64::try_from(stat.st_size).unwrap_or_default() } else { 0 }
}
