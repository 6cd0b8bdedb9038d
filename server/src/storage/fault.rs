//! What went wrong with a file, and what its person is told of it.

use std::io;

use app::model::error::{ApiError, ErrorCode};
use app::model::storage::InvalidPath;
use nix::errno::Errno;

/// A failure, not yet told.
#[derive(Debug)]
pub(super) enum Fault {
    /// The disk's, or the kernel's.
    Io(io::Error),
    /// One of our rules.
    Told(ApiError),
}

impl Fault {
    /// What the person is told. What they can't mend is logged.
    pub fn told(self) -> ApiError {
        match self {
            Self::Told(error) => error,
            Self::Io(error) => told(&error),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Errno> for Fault {
    fn from(error: Errno) -> Self {
        Self::Io(error.into())
    }
}

impl From<ApiError> for Fault {
    fn from(error: ApiError) -> Self {
        Self::Told(error)
    }
}

impl From<InvalidPath> for Fault {
    fn from(error: InvalidPath) -> Self {
        Self::Told(ApiError::new(ErrorCode::ValidationError, error.to_string()))
    }
}

/// There is no such file, or none that its person may see.
pub(super) fn no_such_file() -> ApiError {
    ApiError::not_found("file or folder")
}

/// A name is taken.
pub(super) fn taken() -> ApiError {
    ApiError::new(ErrorCode::NameTaken, "There is something of this name already.")
}

/// There is no room.
pub(super) fn disk_full() -> ApiError {
    let told = "The server's disk is full. Delete something, empty the trash, or ask the administrator for room.";
    ApiError::new(ErrorCode::QuotaExceeded, told)
}

fn told(error: &io::Error) -> ApiError {
    match error.raw_os_error().map(Errno::from_raw) {
        // `RESOLVE_BENEATH`, and a loop of links.
        Some(Errno::EXDEV | Errno::ELOOP) => {
            return ApiError::new(ErrorCode::Forbidden, "This is a link that leads out of your files.");
        }
        Some(Errno::ENAMETOOLONG) => {
            return ApiError::new(ErrorCode::ValidationError, "The name is too long for the server's disk.");
        }
        Some(Errno::ENOSPC | Errno::EDQUOT) => return disk_full(),
        // A lookup that renames elsewhere made uncertain, each time that it was tried.
        Some(Errno::EAGAIN) => return ApiError::conflict("A session is moving folders about. Try again."),
        // The kernel's, of a rename: a folder that would come to be in itself, by way of a link.
        Some(Errno::EINVAL) => return ApiError::conflict("A folder can't go into itself."),
        _ => {}
    }
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => no_such_file(),
        io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty => taken(),
        io::ErrorKind::IsADirectory => ApiError::conflict("This is a folder."),
        io::ErrorKind::InvalidInput => ApiError::conflict("This is neither a file nor a folder, so it can't be read."),
        io::ErrorKind::PermissionDenied => {
            ApiError::new(ErrorCode::Forbidden, "The server may not do this: a session made it unreadable to others.")
        }
        _ => {
            tracing::error!(%error, "a person's files could not be used");
            ApiError::internal()
        }
    }
}
