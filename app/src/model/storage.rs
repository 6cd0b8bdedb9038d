//! A person's files as the page and the API see them, and what may be asked of them.

mod path;

use garde::Validate;
use protocol::SessionId;
use serde::{Deserialize, Serialize};

pub use path::{FileName, FilePath, InvalidPath, MAX_PATH};
pub use protocol::upload::numbered;

/// The most entries of one answer.
pub const MAX_PAGE: u32 = 1_000;
/// How many entries a page of a folder has unless another number is asked for.
pub const PAGE: u32 = 200;
/// The most things one request moves, copies, deletes or restores.
pub const MAX_ITEMS: usize = 1_000;
/// The most text that is shown of a file, bytes.
pub const MAX_TEXT: u64 = 1 << 20;
/// Above this a file is sent in parts, bytes.
pub const PART_THRESHOLD: u64 = 5 << 20;
/// Bytes of a part, and of a part of a file above [`LARGE`].
pub const PART: u64 = 5 << 20;
pub const LARGE_PART: u64 = 10 << 20;
pub const LARGE: u64 = 100 << 20;

/// What is shown only with hidden files, and asks twice before it is changed, at a tree's root: credentials
/// and the settings of tools.
pub const PROTECTED: [&str; 5] = [".ssh", ".claude", ".anthropic", ".config", ".claude.json"];

/// Something in a person's home, or in the workspace of one of their sessions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct At {
    /// The session whose workspace it is in; none for home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>))]
    pub session: Option<SessionId>,
    /// From the root of either: names with `/` between; empty for the root.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(value_type = String, max_length = 1024))]
    pub path: FilePath,
}

impl At {
    /// In home.
    #[must_use]
    pub fn home(path: FilePath) -> Self {
        Self { session: None, path }
    }

    /// Whether changing it could take a tool's credentials or settings away.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.session.is_none() && self.path.names().next().is_some_and(|first| PROTECTED.contains(&first))
    }
}

/// What something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Folder,
    File,
    /// A symbolic link. It is never followed out of the tree.
    Link,
    /// A socket, a pipe, a device: it can be moved and deleted, not read.
    Other,
}

/// One thing in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Entry {
    /// Its name; bytes that are no UTF-8 are replaced.
    pub name: String,
    pub kind: Kind,
    /// Bytes; 0 for what has none.
    pub size: u64,
    /// RFC 3339, UTC.
    pub modified_at: String,
    /// By its name's ending, such as `image/png`; empty for what is no file.
    pub media_type: String,
    /// Whether it can be named at all: it can't when its name is no UTF-8 or its path is over 1,024 bytes.
    pub is_reachable: bool,
    /// Whether changing it could take a tool's credentials or settings away.
    pub is_protected: bool,
}

/// What a folder is sorted by. Folders always come first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    #[default]
    Name,
    Size,
    Modified,
    Type,
}

/// Which part of a folder to list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "ssr", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct Browse {
    /// The session whose workspace to list; none for home.
    #[serde(default)]
    #[garde(skip)]
    #[cfg_attr(feature = "ssr", param(value_type = Option<String>), schema(value_type = Option<String>))]
    pub session: Option<SessionId>,
    /// The folder; none for the root.
    #[serde(default)]
    #[garde(skip)]
    #[cfg_attr(feature = "ssr", param(value_type = Option<String>), schema(value_type = String))]
    pub path: FilePath,
    #[serde(default)]
    #[garde(skip)]
    #[cfg_attr(feature = "ssr", param(inline))]
    pub sort: Sort,
    #[serde(default)]
    #[garde(skip)]
    pub descending: bool,
    /// Whether names that begin with a dot are listed.
    #[serde(default)]
    #[garde(skip)]
    pub hidden: bool,
    /// How many to skip.
    #[serde(default)]
    #[garde(skip)]
    pub offset: u32,
    /// How many to list.
    #[serde(default = "page")]
    #[garde(range(min = 1, max = MAX_PAGE))]
    pub limit: u32,
}

impl Browse {
    /// The first page of a folder, by name.
    #[must_use]
    pub fn first(at: At) -> Self {
        let At { session, path } = at;
        Self { session, path, sort: Sort::Name, descending: false, hidden: false, offset: 0, limit: PAGE }
    }

    /// The folder.
    #[must_use]
    pub fn at(&self) -> At {
        At { session: self.session.clone(), path: self.path.clone() }
    }
}

fn page() -> u32 {
    PAGE
}

/// A part of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Listing {
    pub entries: Vec<Entry>,
    /// How many come before these.
    pub offset: u32,
    /// How many the folder has, hidden ones only when they were asked for.
    pub total: u32,
}

/// What to look for, by name, in a folder and all folders in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "ssr", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The session whose workspace to search; none for home.
    #[serde(default)]
    #[garde(skip)]
    #[cfg_attr(feature = "ssr", param(value_type = Option<String>), schema(value_type = Option<String>))]
    pub session: Option<SessionId>,
    /// The folder to begin at; none for the root.
    #[serde(default)]
    #[garde(skip)]
    #[cfg_attr(feature = "ssr", param(value_type = Option<String>), schema(value_type = String))]
    pub path: FilePath,
    /// Part of a name; case does not count.
    #[garde(length(chars, min = 1, max = 255))]
    pub query: String,
    #[serde(default)]
    #[garde(skip)]
    pub hidden: bool,
}

/// Something that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Found {
    #[cfg_attr(feature = "ssr", schema(value_type = String))]
    pub path: FilePath,
    pub entry: Entry,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SearchResults {
    pub found: Vec<Found>,
    /// Whether there is no more: a search ends after 200 hits or two seconds.
    pub is_complete: bool,
}

/// What a person's home holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Stats {
    pub files: u64,
    pub folders: u64,
    /// Of its files, as long as they say they are.
    pub bytes: u64,
    /// Of what is in the trash.
    pub trash_bytes: u64,
    /// The most bytes that home and trash may have together; none when there is no limit.
    pub quota_bytes: Option<u64>,
    /// The largest folders at the root, with all that is in each.
    pub largest: Vec<FolderSize>,
    /// When it was counted, RFC 3339, UTC.
    pub counted_at: String,
}

/// How large a folder is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FolderSize {
    #[cfg_attr(feature = "ssr", schema(value_type = String))]
    pub path: FilePath,
    pub bytes: u64,
}

/// What becomes of a name that is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Clash {
    /// The newcomer is refused: NAME_TAKEN.
    #[default]
    Refuse,
    /// What has it goes to the trash.
    Replace,
    /// The newcomer gets a number.
    KeepBoth,
}

/// A folder to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MakeFolder {
    #[garde(skip)]
    pub at: At,
    /// Whether the folders above it are made too, and it is no failure when it is there already.
    #[serde(default)]
    #[garde(skip)]
    pub parents: bool,
}

/// Things to move, rename or copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Relocate {
    #[garde(length(min = 1, max = MAX_ITEMS))]
    pub items: Vec<Relocation>,
    #[serde(default)]
    #[garde(skip)]
    pub clash: Clash,
    /// Whether what is protected may be changed too.
    #[serde(default)]
    #[garde(skip)]
    pub even_protected: bool,
}

/// One thing, and what it is to be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Relocation {
    pub from: At,
    /// With its name, not the folder that it goes to.
    pub to: At,
}

/// Things to put into the trash, or to remove from it for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Delete {
    /// What goes to the trash.
    #[serde(default)]
    #[garde(length(max = MAX_ITEMS))]
    pub items: Vec<At>,
    /// What in the trash is removed for ever.
    #[serde(default)]
    #[garde(length(max = MAX_ITEMS))]
    pub trashed: Vec<String>,
    #[serde(default)]
    #[garde(skip)]
    pub even_protected: bool,
}

/// Things to take out of the trash, to where they were; a name that is taken gets a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Restore {
    #[garde(length(min = 1, max = MAX_ITEMS))]
    pub trashed: Vec<String>,
}

/// What became of several things: each is in one of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Outcome {
    pub done: Vec<Done>,
    pub failed: Vec<Undone>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Done {
    /// Where it is now; of what was deleted, where it was.
    pub at: At,
    /// What it is in the trash, when it went there, or what was replaced by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trashed: Option<String>,
}

/// What was not done, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Undone {
    /// What it was to be done to, as it was asked.
    pub item: String,
    /// What happened, why, and what to do.
    pub error: String,
    pub code: super::error::ErrorCode,
}

/// Something in the trash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Trashed {
    pub id: String,
    /// Where it was.
    pub was: At,
    pub kind: Kind,
    pub bytes: u64,
    /// RFC 3339, UTC.
    pub deleted_at: String,
    /// When it is removed for ever.
    pub gone_at: String,
}

/// A file that is about to come in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BeginUpload {
    #[garde(skip)]
    pub at: At,
    /// Bytes of all of it.
    #[garde(skip)]
    pub size: u64,
    #[serde(default)]
    #[garde(skip)]
    pub clash: Clash,
    #[serde(default)]
    #[garde(skip)]
    pub even_protected: bool,
}

/// A file that comes in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Upload {
    pub id: String,
    pub at: At,
    pub size: u64,
    /// Bytes of each part but the last, which has the rest.
    pub part_size: u64,
    /// The parts that are here, in order; the first is 0.
    pub parts: Vec<u32>,
    /// Without another part it is forgotten at this time, RFC 3339, UTC.
    pub expires_at: String,
}

/// Which upload is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "ssr", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ThisUpload {
    #[garde(length(max = 64))]
    pub upload: String,
}

/// A file that came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Stored {
    /// Where it is: under another name when its own was taken and both were to be kept.
    pub at: At,
    pub size: u64,
    pub etag: String,
    /// What it replaced, in the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trashed: Option<String>,
}
