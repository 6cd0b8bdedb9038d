//! The storage service.

use std::ops::Range;

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::backend::Actor;
use crate::backend::sessions::FileBytes;
use crate::model::error::ApiError;
use crate::model::storage::{
    At, BeginUpload, Browse, Clash, Delete, Listing, MakeFolder, Outcome, Relocate, Restore, Search, SearchResults,
    Stats, Stored, Trashed, Upload,
};

/// A file that comes whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    pub at: At,
    /// Bytes of all of it, when its sender says.
    pub size: Option<u64>,
    pub clash: Clash,
    pub even_protected: bool,
}

/// A file as it was when it was opened.
#[async_trait]
pub trait OpenFile: Send + Sync + 'static {
    /// Its last name.
    fn name(&self) -> &str;
    /// Bytes.
    fn size(&self) -> u64;
    /// By its name's ending.
    fn media_type(&self) -> &str;
    /// Changes whenever its bytes do; in quotes, as HTTP has it.
    fn etag(&self) -> &str;
    /// As HTTP spells it.
    fn last_modified(&self) -> &str;
    /// Those of its bytes. The stream ends with an error when there are fewer of them by now.
    fn read(&self, range: Range<u64>) -> FileBytes;
}

/// What a download is.
pub enum Download {
    File(Box<dyn OpenFile>),
    /// A zip of this name, made as it is read.
    Archive(String, FileBytes),
}

/// A person's files: their home, and the workspaces of their sessions. Nothing here leads out of the tree
/// that it is asked for, whatever a container puts into it. Paths that can't be, and things that are not
/// there, are NOT_FOUND; a rule that is broken is VALIDATION_ERROR; a full disk or quota QUOTA_EXCEEDED.
#[async_trait]
pub trait Storage: Send + Sync + 'static {
    /// Bytes that are free, once it was seen that something can be written.
    async fn probe(&self) -> Result<u64, ApiError>;
    /// A part of a folder.
    async fn browse(&self, actor: &Actor, what: Browse) -> Result<Listing, ApiError>;
    /// What has a name, at most 200 of them.
    async fn search(&self, actor: &Actor, what: Search) -> Result<SearchResults, ApiError>;
    /// What home holds. Counted whole once; after that only what changed.
    async fn stats(&self, actor: &Actor) -> Result<Stats, ApiError>;
    /// Opens a file. CONFLICT for what can't be read.
    async fn open(&self, actor: &Actor, at: &At) -> Result<Box<dyn OpenFile>, ApiError>;
    /// One file as it is; a folder, or several things of one, as a zip.
    async fn download(&self, actor: &Actor, items: &[At]) -> Result<Download, ApiError>;
    /// A Markdown file as HTML without scripts, styles or anything from elsewhere.
    async fn render(&self, actor: &Actor, at: &At, is_light: bool) -> Result<String, ApiError>;
    /// Makes a folder. CONFLICT when something is there.
    async fn make_folder(&self, actor: &Actor, new: MakeFolder) -> Result<(), ApiError>;
    /// Moves or renames.
    async fn relocate(&self, actor: &Actor, what: Relocate) -> Result<Outcome, ApiError>;
    /// Copies, folders with all that is in them.
    async fn copy(&self, actor: &Actor, what: Relocate) -> Result<Outcome, ApiError>;
    /// Puts into the trash, or removes from it.
    async fn delete(&self, actor: &Actor, what: Delete) -> Result<Outcome, ApiError>;
    /// What is in the trash, latest first.
    async fn trash(&self, actor: &Actor) -> Result<Vec<Trashed>, ApiError>;
    /// Takes out of the trash.
    async fn restore(&self, actor: &Actor, what: Restore) -> Result<Outcome, ApiError>;
    /// Puts a file in its place once all of it is on the disk; until then nothing is seen of it.
    async fn store(&self, actor: &Actor, file: Incoming, bytes: FileBytes) -> Result<Stored, ApiError>;
    /// Begins a file that comes in parts.
    async fn begin_upload(&self, actor: &Actor, new: BeginUpload) -> Result<Upload, ApiError>;
    /// Which parts are here.
    async fn upload(&self, actor: &Actor, id: &str) -> Result<Upload, ApiError>;
    /// Takes part `number`, in any order, again if need be. VALIDATION_ERROR when it has not its length, or
    /// not the SHA-256 that its sender gave.
    async fn part(
        &self,
        actor: &Actor,
        id: &str,
        number: u32,
        sha256: Option<[u8; 32]>,
        bytes: FileBytes,
    ) -> Result<Upload, ApiError>;
    /// Puts the file in its place. CONFLICT while parts are missing.
    async fn complete_upload(&self, actor: &Actor, id: &str) -> Result<Stored, ApiError>;
    /// Forgets it.
    async fn abort_upload(&self, actor: &Actor, id: &str) -> Result<(), ApiError>;
    /// Puts the "getting started" folder into home, unless it is there; answers where it is.
    async fn seed(&self, actor: &Actor) -> Result<At, ApiError>;
    /// Says each time that something in a folder changed, soon after it did; ends when the folder does.
    async fn changes(&self, actor: &Actor, at: &At) -> Result<BoxStream<'static, ()>, ApiError>;
}
