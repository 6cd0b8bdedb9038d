//! Where files are on the disk, so that an administrator finds them with `ls`:
//!
//! ```text
//! files/by-email/ada@example.org -> ../PERSON
//! files/PERSON/home/                the tree that is home in every container of theirs
//! files/PERSON/workspaces/SESSION/  what is `~/workspace` in that session alone
//! files/PERSON/trash/ID/            `item`, and `about.json` with where it was
//! files/PERSON/uploads/ID/          a file under way: `data`, and `about.json`
//! ```
//!
//! Containers see `home` and their own workspace, never what is beside them. All of one person's is on one
//! file system, so that everything goes from one to the other by a rename.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use app::model::preferences::WorkspaceSharing;
use app::model::storage::At;
use nix::sys::statvfs::statvfs;
use protocol::SessionId;
use runtime::Home;

use super::remove::remove;
use super::seed;
use super::tree::{self, Tree};
use crate::auth;

/// Folders of home that are each container's own: caches, which are large, and worth nothing to another.
const PRIVATE: [&str; 4] = [".npm", ".cache", ".claude/debug", ".claude/plugins/cache"];
/// The folder in home that sessions work in.
pub(super) const WORKSPACE: &str = "workspace";

const BY_EMAIL: &str = "by-email";
/// How the name begins of what is written, and removed at once, to see whether it can be.
const PROBE: &str = ".probe-";

/// Whether something is mounted there in containers that run, which would end if it were moved or deleted.
pub(super) fn is_mount_point(at: &At) -> bool {
    let path = at.path.as_str();
    at.session.is_none() && (path == WORKSPACE || PRIVATE.contains(&path))
}

/// The directory that holds everybody's files. Clones name the same.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
}

/// One person's part of it.
#[derive(Debug, Clone)]
pub(super) struct Person {
    root: PathBuf,
}

impl Layout {
    /// The one in this data directory.
    #[must_use]
    pub fn new(data_dir: &Path) -> Self {
        Self { root: data_dir.join("files") }
    }

    /// The part of the person `id`, made when it isn't there.
    pub(super) fn person(&self, id: &str) -> io::Result<Person> {
        if !is_id(id) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a person's id that can't name a directory"));
        }
        let person = Person { root: self.root.join(id) };
        if !person.home().is_dir() {
            for directory in [person.trash(), person.uploads(), person.workspaces()] {
                make(&directory)?;
            }
            make_shared(&person.home())?;
            if let Err(error) = seed::seed(&Tree::open(&person.home())?) {
                tracing::warn!(%error, "a new home is left without its welcome");
            }
        }
        Ok(person)
    }

    /// Has `files/by-email` name the person's part. Only for people who read it.
    pub(super) fn label(&self, id: &str, email: &str) -> io::Result<()> {
        let folder = self.root.join(BY_EMAIL);
        let link = folder.join(email.replace(['/', '\0'], "_"));
        let target = Path::new("..").join(id);
        match std::fs::read_link(&link) {
            Ok(old) if old == target => return Ok(()),
            Ok(_) => std::fs::remove_file(&link)?,
            Err(_) => make(&folder)?,
        }
        match std::os::unix::fs::symlink(target, link) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            outcome => outcome,
        }
    }

    /// What a new container of `session` is to have as its home.
    ///
    /// # Errors
    /// When the directories can't be made.
    pub fn home(&self, person: &str, session: &SessionId, sharing: WorkspaceSharing) -> io::Result<Home> {
        let person = self.person(person)?;
        let workspace = match sharing {
            WorkspaceSharing::Full => None,
            WorkspaceSharing::None | WorkspaceSharing::Metadata => {
                let own = person.workspace(session);
                make_shared(&own)?;
                Some(own)
            }
        };
        Tree::open(&person.home())?.make_folders(&super::path(WORKSPACE))?;
        Ok(Home { tree: person.home(), workspace, private: PRIVATE.map(str::to_owned).to_vec() })
    }

    /// Removes what was `session`'s alone.
    ///
    /// # Errors
    /// When something of it is left.
    pub fn remove_workspace(&self, person: &str, session: &SessionId) -> io::Result<()> {
        remove(&self.person(person)?.workspace(session)).map(|_| ())
    }

    /// Bytes that are free on its disk, once something could be written to it.
    pub(super) fn probe(&self) -> io::Result<u64> {
        make(&self.root)?;
        let file = self.root.join(format!("{PROBE}{}", auth::random_id()));
        super::write_synced(&file, b"written")?;
        std::fs::remove_file(file)?;
        let disk = statvfs(&self.root)?;
        Ok(disk.blocks_available().saturating_mul(disk.fragment_size()))
    }

    /// Everybody who has files. What else an administrator or a file system keeps there is none of it.
    pub(super) fn people(&self) -> io::Result<Vec<String>> {
        let entries = match std::fs::read_dir(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut people = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_id(&name) && name != BY_EMAIL && entry.file_type()?.is_dir() {
                people.push(name);
            }
        }
        Ok(people)
    }
}

/// Ids are ours and have neither slashes nor dots; this is what everything else rests on.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

impl Person {
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    pub fn workspaces(&self) -> PathBuf {
        self.root.join("workspaces")
    }

    pub fn workspace(&self, session: &SessionId) -> PathBuf {
        self.workspaces().join(session.as_str())
    }

    pub fn trash(&self) -> PathBuf {
        self.root.join("trash")
    }

    pub fn uploads(&self) -> PathBuf {
        self.root.join("uploads")
    }
}

/// Makes a directory that only the server reads.
fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes a directory that is a container's too.
fn make_shared(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o755).create(path)?;
    tree::own(std::fs::File::open(path)?)
}
