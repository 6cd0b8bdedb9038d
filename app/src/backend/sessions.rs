//! The sessions service.

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use protocol::loopback::LoopbackAddress;
use protocol::upload::UploadName;
use protocol::{SessionId, TerminalId};

use crate::backend::Actor;
use crate::model::agent::{ApplyPreset, ChangePreset, Choices, CreatePreset, Preset};
use crate::model::error::ApiError;
use crate::model::session::{CreateSession, RenameSession, Session, SessionState, StartSession};
use crate::model::terminal::Terminal;
use crate::model::usage::{RuntimeTrouble, Sample, SessionUsage};

/// A change that a watching page is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// It is new, or something about it changed.
    Changed(Box<Session>),
    /// It is gone.
    Deleted(SessionId),
    /// What running sessions use now.
    Usage(Vec<SessionUsage>),
    /// Which runtimes are let be for a while; none when all work again.
    Runtime(Vec<RuntimeTrouble>),
}

/// A file's bytes as they come. An error means that the rest will not.
pub type FileBytes = BoxStream<'static, std::io::Result<Bytes>>;

/// Sessions, as their owner may use them. Another person's session is NOT_FOUND, like one that
/// doesn't exist. Reading never wakes a container.
#[async_trait]
pub trait Sessions: Send + Sync + 'static {
    /// The actor's sessions, latest activity first.
    async fn list(&self, actor: &Actor) -> Result<Vec<Session>, ApiError>;
    /// The states of the actor's sessions, in the same order, at a fraction of what whole ones cost.
    async fn states(&self, actor: &Actor) -> Result<Vec<(SessionId, SessionState)>, ApiError>;
    /// One session.
    async fn get(&self, actor: &Actor, id: &SessionId) -> Result<Session, ApiError>;
    /// Makes a session, not started. VALIDATION_ERROR.
    async fn create(&self, actor: &Actor, new: CreateSession) -> Result<Session, ApiError>;
    /// Renames it. VALIDATION_ERROR.
    async fn rename(&self, actor: &Actor, id: &SessionId, to: RenameSession) -> Result<Session, ApiError>;
    /// Makes one like it, not started: of the same agent, tier and settings, with none of its files. QUOTA_EXCEEDED.
    async fn duplicate(&self, actor: &Actor, id: &SessionId) -> Result<Session, ApiError>;
    /// Begins to start it and returns at once; a second start while it starts or runs changes
    /// nothing. CONFLICT while it stops, QUOTA_EXCEEDED when as many run as may.
    async fn start(&self, actor: &Actor, id: &SessionId, how: StartSession) -> Result<Session, ApiError>;
    /// Begins to stop it and returns at once; does nothing to one that is stopped.
    async fn stop(&self, actor: &Actor, id: &SessionId) -> Result<Session, ApiError>;
    /// Stops it, then starts it; returns at once.
    async fn restart(&self, actor: &Actor, id: &SessionId, how: StartSession) -> Result<Session, ApiError>;
    /// Keeps it awake for as long as if somebody had typed now. CONFLICT when it doesn't run.
    async fn touch(&self, actor: &Actor, id: &SessionId) -> Result<(), ApiError>;
    /// Deletes it with all its files; returns when nothing of it is left.
    async fn delete(&self, actor: &Actor, id: &SessionId) -> Result<(), ApiError>;
    /// What the actor's running sessions use now, each with the samples before; none of one that was not looked at yet.
    fn usage(&self, actor: &Actor) -> Vec<(SessionUsage, Vec<Sample>)>;
    /// What a new session can be made of.
    async fn choices(&self, actor: &Actor) -> Result<Choices, ApiError>;

    /// The actor's presets, by name.
    async fn presets(&self, actor: &Actor) -> Result<Vec<Preset>, ApiError>;
    /// Makes a preset. VALIDATION_ERROR, QUOTA_EXCEEDED, CONFLICT when it is to be saved from a session that doesn't
    /// run or has one tab only.
    async fn create_preset(&self, actor: &Actor, new: CreatePreset) -> Result<Preset, ApiError>;
    /// Changes a preset. NOT_FOUND, VALIDATION_ERROR.
    async fn change_preset(&self, actor: &Actor, id: &str, change: ChangePreset) -> Result<Preset, ApiError>;
    /// Deletes a preset. NOT_FOUND.
    async fn delete_preset(&self, actor: &Actor, id: &str) -> Result<(), ApiError>;
    /// Opens a preset's tabs in a running session, each unless it is open already; answers the session's terminals.
    /// NOT_FOUND, CONFLICT when it doesn't run.
    async fn apply_preset(&self, actor: &Actor, id: &str, to: ApplyPreset) -> Result<Vec<Terminal>, ApiError>;

    /// Changes of the actor's sessions from now on, after what they use now. A reader too slow for them gets the stream's
    /// end, and reads the list again.
    fn events(&self, actor: &Actor) -> BoxStream<'static, SessionEvent>;

    /// Its open terminals; none when it doesn't run.
    async fn terminals(&self, actor: &Actor, id: &SessionId) -> Result<Vec<Terminal>, ApiError>;
    /// Ends a terminal's programs. NOT_FOUND, CONFLICT when it doesn't run.
    async fn close_terminal(&self, actor: &Actor, id: &SessionId, terminal: TerminalId) -> Result<(), ApiError>;
    /// A terminal's screen and scrollback, with escapes when `ansi`. NOT_FOUND, CONFLICT.
    async fn scrollback(
        &self,
        actor: &Actor,
        id: &SessionId,
        terminal: TerminalId,
        ansi: bool,
    ) -> Result<Vec<u8>, ApiError>;
    /// Types `bytes` into a terminal. NOT_FOUND, CONFLICT.
    async fn input(&self, actor: &Actor, id: &SessionId, terminal: TerminalId, bytes: Vec<u8>) -> Result<(), ApiError>;
    /// Puts a file into `~/uploads` and answers its path in the container; under another name when its own is
    /// taken, and not at all when it does not come whole. CONFLICT when the session doesn't run or the file
    /// can't be written there, VALIDATION_ERROR when it is too large.
    async fn upload(
        &self,
        actor: &Actor,
        id: &SessionId,
        name: &UploadName,
        file: FileBytes,
    ) -> Result<String, ApiError>;
    /// Calls a program on the container's loopback once, and answers its HTTP status. CONFLICT when the session
    /// doesn't run or nothing answers there.
    async fn sign_in_callback(&self, actor: &Actor, id: &SessionId, to: &LoopbackAddress) -> Result<u16, ApiError>;
}
