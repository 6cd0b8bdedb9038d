//! The sessions service: who may do what with which session, and the way to its owner.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::backend::sessions::{FileBytes, SessionEvent};
use app::backend::{Actor, Sessions};
use app::model::agent::{ApplyPreset, ChangePreset, Choices, CreatePreset, Preset};
use app::model::error::{ApiError, ErrorCode};
use app::model::session::{CreateSession, RenameSession, Session, SessionState, StartSession};
use app::model::terminal::Terminal;
use app::model::usage::{Sample, SessionUsage};
use async_trait::async_trait;
use futures::stream::{BoxStream, StreamExt};
use garde::Validate as _;
use http::StatusCode;
use protocol::loopback::LoopbackAddress;
use protocol::upload::UploadName;
use protocol::{SessionId, TerminalId};
use runtime::Runtime;
use tokio::sync::{broadcast, oneshot};

use crate::accounts::Audit;
use crate::database::{Database, DatabaseError, StoredSession};
use crate::metrics::Metrics;
use crate::sessions::context::{Context, EVENT_BACKLOG};
use crate::sessions::guest::{GuestClient, GuestError};
use crate::sessions::owner::{Command, Refusal, Reply};
use crate::sessions::pulse::{self, Pulse};
use crate::sessions::reconcile::reconcile;
use crate::sessions::registry::Registry;
use crate::sessions::rules::{Counter, Rules};
use crate::shutdown::Shutdown;
use crate::storage::Layout;

/// What an owner may take to write a transition down: a database's own limit and some.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(15);
/// What a delete may take: the removal's own limit, after a stage that has to end first. Where an engine hangs in that
/// stage the delete takes longer, and goes on when nobody waits for it.
pub(super) const DELETE_LIMIT: Duration = Duration::from_secs(100);
/// What mending one session may take: a stop and the removal of a container, each within its own limit.
pub(super) const MEND_LIMIT: Duration = Duration::from_secs(120);

/// Implements [`Sessions`]. Containers outlive it.
pub struct SessionService {
    pub(super) context: Arc<Context>,
    /// Held from the choice of a name to its row, so that two sessions made at once get two numbers.
    pub(super) naming: tokio::sync::Mutex<()>,
    /// Of each person, held from the count of what runs to the start of one more, so that two at once count each
    /// other.
    starting: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// What each person makes, and what they open.
    pub(super) creates: Counter,
    sockets: Counter,
}

impl SessionService {
    /// Brings rows and containers together, then serves.
    ///
    /// # Errors
    /// When the sessions can't be read.
    pub async fn start(
        database: Database,
        runtime: Arc<dyn Runtime>,
        rules: Rules,
        files: Layout,
        shutdown: Shutdown,
    ) -> Result<Arc<Self>, DatabaseError> {
        let service = Self::idle(database, runtime, rules, files, shutdown.clone());
        reconcile(&service.context).await?;
        shutdown.spawn(pulse::run(Arc::clone(&service.context)));
        shutdown.spawn(pulse::count_disk(Arc::clone(&service.context)));
        Ok(service)
    }

    /// One that takes nothing up of what the last server left; for a look at it beside no server.
    #[must_use]
    pub fn idle(
        database: Database,
        runtime: Arc<dyn Runtime>,
        rules: Rules,
        files: Layout,
        shutdown: Shutdown,
    ) -> Arc<Self> {
        let (events, _) = broadcast::channel(EVENT_BACKLOG);
        let (registry, audit) = (Registry::default(), Audit::new(database.clone()));
        let mending = tokio::sync::Mutex::new(());
        let creates = Counter::new("make sessions", rules.allowances.creates_a_minute);
        let sockets = Counter::new("open terminals", rules.allowances.sockets_a_minute);
        let context = Context {
            database,
            runtime,
            rules,
            files,
            registry,
            found: Mutex::default(),
            doing: Arc::default(),
            pulse: Pulse::default(),
            metrics: Metrics::default(),
            events,
            audit,
            mending,
            shutdown,
        };
        let (naming, starting) = (tokio::sync::Mutex::new(()), Mutex::default());
        Arc::new(Self { context: Arc::new(context), naming, starting, creates, sockets })
    }

    /// What is counted of sessions and their terminals.
    pub(crate) fn metrics(&self) -> Metrics {
        self.context.metrics.clone()
    }

    /// The row of `id` if it is the actor's. Another's is answered as one that doesn't exist.
    pub(crate) async fn owned(&self, actor: &Actor, id: &SessionId) -> Result<StoredSession, ApiError> {
        let row = self.context.database.session(id).await.map_err(|error| database_error(&error))?;
        row.filter(|row| row.owner == actor.user).ok_or_else(no_such_session)
    }

    /// The state of `id`, whoever's it is; none when it is gone or can't be read.
    pub(crate) async fn state(&self, id: &SessionId) -> Option<SessionState> {
        match self.context.database.session(id).await {
            Ok(row) => row.map(|row| row.state),
            Err(error) => {
                tracing::error!(session = %id, %error, "a session could not be read");
                None
            }
        }
    }

    /// A way to the guest of a running session.
    ///
    /// # Errors
    /// CONFLICT when it doesn't run.
    pub(crate) fn guest(&self, row: &StoredSession) -> Result<GuestClient, ApiError> {
        match (&row.state, &row.container) {
            (SessionState::Running, Some(container)) => {
                Ok(GuestClient::new(Arc::clone(&self.context.runtime), container.clone(), row.token.clone()))
            }
            _ => Err(ApiError::conflict("The session is not running. Start it first.")),
        }
    }

    async fn command(
        &self,
        actor: &Actor,
        id: &SessionId,
        command: impl FnOnce(Actor, Reply<Session>) -> Command,
    ) -> Result<Session, ApiError> {
        self.owned(actor, id).await?;
        ask(&self.context, id, ANSWER_LIMIT, |reply| command(actor.clone(), reply)).await
    }

    /// Counts a terminal's socket that `person` opens; RATE_LIMITED when it is one too many.
    pub(crate) fn count_socket(&self, person: &str) -> Result<(), ApiError> {
        self.sockets.count(person)
    }

    /// A command that may make one more session run: QUOTA_EXCEEDED when as many of the actor's run as may.
    async fn one_more(
        &self,
        actor: &Actor,
        id: &SessionId,
        command: impl FnOnce(Actor, Reply<Session>) -> Command,
    ) -> Result<Session, ApiError> {
        let own = {
            let mut starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(starting.entry(actor.user.clone()).or_default())
        };
        let starting = own.lock().await;
        let most = self.context.rules.allowances.running;
        let is_up = |row: &&StoredSession| {
            matches!(row.state, SessionState::Starting { .. } | SessionState::Running | SessionState::Stopping)
        };
        let rows = self.rows_of(actor).await?;
        if rows.iter().filter(is_up).any(|row| row.id == *id) {
            drop(starting);
            return self.command(actor, id, command).await;
        }
        let others = rows.iter().filter(is_up).count();
        if others >= most as usize {
            let told = format!("{others} of your sessions run, as many as may at once. Stop one first.");
            return Err(ApiError::new(ErrorCode::QuotaExceeded, told));
        }
        self.command(actor, id, command).await
    }

    pub(super) async fn rows_of(&self, actor: &Actor) -> Result<Vec<StoredSession>, ApiError> {
        self.context.database.sessions_of(&actor.user).await.map_err(|error| database_error(&error))
    }
}

#[async_trait]
impl Sessions for SessionService {
    async fn list(&self, actor: &Actor) -> Result<Vec<Session>, ApiError> {
        let mut rows = self.rows_of(actor).await?;
        rows.sort_by(|a, b| b.active_at.cmp(&a.active_at).then_with(|| a.id.cmp(&b.id)));
        Ok(rows.iter().map(|row| self.context.model(row)).collect())
    }

    async fn states(&self, actor: &Actor) -> Result<Vec<(SessionId, SessionState)>, ApiError> {
        self.context.database.session_states_of(&actor.user).await.map_err(|error| database_error(&error))
    }

    async fn get(&self, actor: &Actor, id: &SessionId) -> Result<Session, ApiError> {
        Ok(self.context.model(&self.owned(actor, id).await?))
    }

    async fn create(&self, actor: &Actor, new: CreateSession) -> Result<Session, ApiError> {
        self.make(actor, new).await
    }

    async fn duplicate(&self, actor: &Actor, id: &SessionId) -> Result<Session, ApiError> {
        self.make_like(actor, self.owned(actor, id).await?).await
    }

    async fn rename(&self, actor: &Actor, id: &SessionId, to: RenameSession) -> Result<Session, ApiError> {
        to.validate()?;
        let name = to.name.trim().to_owned();
        self.command(actor, id, |by, reply| Command::Rename(name, by, reply)).await
    }

    async fn start(&self, actor: &Actor, id: &SessionId, how: StartSession) -> Result<Session, ApiError> {
        self.one_more(actor, id, |by, reply| Command::Start(how, by, reply)).await
    }

    async fn stop(&self, actor: &Actor, id: &SessionId) -> Result<Session, ApiError> {
        self.command(actor, id, Command::Stop).await
    }

    async fn restart(&self, actor: &Actor, id: &SessionId, how: StartSession) -> Result<Session, ApiError> {
        self.one_more(actor, id, |by, reply| Command::Restart(how, by, reply)).await
    }

    async fn touch(&self, actor: &Actor, id: &SessionId) -> Result<(), ApiError> {
        self.owned(actor, id).await?;
        if self.context.pulse.touch(id) {
            return Ok(());
        }
        Err(ApiError::conflict("The session is not running. Start it first."))
    }

    async fn delete(&self, actor: &Actor, id: &SessionId) -> Result<(), ApiError> {
        self.owned(actor, id).await?;
        ask(&self.context, id, DELETE_LIMIT, |reply| Command::Delete(actor.clone(), reply)).await
    }

    fn usage(&self, actor: &Actor) -> Vec<(SessionUsage, Vec<Sample>)> {
        self.context.pulse.of(&actor.user)
    }

    async fn choices(&self, actor: &Actor) -> Result<Choices, ApiError> {
        self.choices_of(actor).await
    }

    async fn presets(&self, actor: &Actor) -> Result<Vec<Preset>, ApiError> {
        self.presets_of(actor).await
    }

    async fn create_preset(&self, actor: &Actor, new: CreatePreset) -> Result<Preset, ApiError> {
        self.add_preset(actor, new).await
    }

    async fn change_preset(&self, actor: &Actor, id: &str, change: ChangePreset) -> Result<Preset, ApiError> {
        self.edit_preset(actor, id, change).await
    }

    async fn delete_preset(&self, actor: &Actor, id: &str) -> Result<(), ApiError> {
        self.remove_preset(actor, id).await
    }

    async fn apply_preset(&self, actor: &Actor, id: &str, to: ApplyPreset) -> Result<Vec<Terminal>, ApiError> {
        self.open_preset(actor, id, &to.session).await?;
        self.terminals(actor, &to.session).await
    }

    fn events(&self, actor: &Actor) -> BoxStream<'static, SessionEvent> {
        // Subscribed to before what is known now is read, so that nothing falls between.
        let state = (self.context.events.subscribe(), self.context.shutdown.clone(), actor.user.clone());
        let usages: Vec<SessionUsage> = self.usage(actor).into_iter().map(|(usage, _)| usage).collect();
        let known = [SessionEvent::Usage(usages), SessionEvent::Runtime(self.context.troubles())];
        let changes = futures::stream::unfold(state, |(mut events, shutdown, user)| async move {
            loop {
                let received = tokio::select! {
                    received = events.recv() => received,
                    () = shutdown.begun() => return None,
                };
                match received {
                    Ok((owner, event)) if owner == user || owner.is_empty() => {
                        return Some((event, (events, shutdown, user)));
                    }
                    Ok(_) => {}
                    // Too slow: the stream ends, and its reader begins anew with the list.
                    Err(_) => return None,
                }
            }
        });
        futures::stream::iter(known).chain(changes).boxed()
    }

    async fn terminals(&self, actor: &Actor, id: &SessionId) -> Result<Vec<Terminal>, ApiError> {
        let row = self.owned(actor, id).await?;
        let Ok(guest) = self.guest(&row) else { return Ok(Vec::new()) };
        let terminals = guest.terminals().await.map_err(|error| guest_error(id, &error))?;
        let to_model = |t: protocol::guest::Terminal| Terminal {
            id: t.id,
            title: t.title,
            process: t.process,
            cols: t.cols,
            rows: t.rows,
            clients: t.clients,
        };
        Ok(terminals.into_iter().map(to_model).collect())
    }

    async fn close_terminal(&self, actor: &Actor, id: &SessionId, terminal: TerminalId) -> Result<(), ApiError> {
        let guest = self.guest(&self.owned(actor, id).await?)?;
        guest.close_terminal(terminal).await.map_err(|error| guest_error(id, &error))
    }

    async fn scrollback(
        &self,
        actor: &Actor,
        id: &SessionId,
        terminal: TerminalId,
        ansi: bool,
    ) -> Result<Vec<u8>, ApiError> {
        let guest = self.guest(&self.owned(actor, id).await?)?;
        let bytes = guest.scrollback(terminal, ansi).await.map_err(|error| guest_error(id, &error))?;
        Ok(bytes.into())
    }

    async fn input(&self, actor: &Actor, id: &SessionId, terminal: TerminalId, bytes: Vec<u8>) -> Result<(), ApiError> {
        let guest = self.guest(&self.owned(actor, id).await?)?;
        guest.input(terminal, bytes.into()).await.map_err(|error| match error {
            GuestError::Refused(StatusCode::CONFLICT) => ApiError::conflict(
                "The program in this terminal does not read what is typed. Try again when it does, or interrupt it.",
            ),
            error => guest_error(id, &error),
        })
    }

    async fn upload(
        &self,
        actor: &Actor,
        id: &SessionId,
        name: &UploadName,
        file: FileBytes,
    ) -> Result<String, ApiError> {
        let guest = self.guest(&self.owned(actor, id).await?)?;
        guest.upload(name, file).await.map_err(|error| match &error {
            GuestError::Refused(status) => upload_refused(*status).unwrap_or_else(|| guest_error(id, &error)),
            _ => guest_error(id, &error),
        })
    }

    async fn sign_in_callback(&self, actor: &Actor, id: &SessionId, to: &LoopbackAddress) -> Result<u16, ApiError> {
        let guest = self.guest(&self.owned(actor, id).await?)?;
        guest.call_back(to).await.map_err(|error| match &error {
            GuestError::Refused(StatusCode::BAD_GATEWAY) => ApiError::conflict(format!(
                "Nothing in the session takes a sign-in on port {} any more. Begin the sign-in again.",
                to.port()
            )),
            GuestError::Refused(StatusCode::GATEWAY_TIMEOUT) => ApiError::conflict(format!(
                "The program on port {} did not answer. Look at its terminal, and begin the sign-in again.",
                to.port()
            )),
            GuestError::Refused(StatusCode::BAD_REQUEST) => {
                ApiError::new(ErrorCode::ValidationError, "This address can't be called.")
            }
            _ => guest_error(id, &error),
        })
    }
}

/// Asks the session's owner, and waits for its answer, `limit` at most.
pub(super) async fn ask<T>(
    context: &Arc<Context>,
    id: &SessionId,
    limit: Duration,
    command: impl FnOnce(Reply<T>) -> Command,
) -> Result<T, ApiError> {
    let (reply, answer) = oneshot::channel();
    if context.registry.send(context, id, command(reply)).is_err() {
        return Err(ApiError::new(
            ErrorCode::RateLimited,
            "Too much was asked of this session at once. Try again in a moment.",
        ));
    }
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(outcome)) => outcome.map_err(refused),
        // The owner ended with the server.
        Ok(Err(_)) => {
            Err(ApiError::new(ErrorCode::RuntimeUnavailable, "The server is shutting down. Try again in a moment."))
        }
        Err(_) => {
            tracing::error!(session = %id, ?limit, "a session's owner did not answer in time");
            Err(ApiError::internal())
        }
    }
}

fn upload_refused(status: StatusCode) -> Option<ApiError> {
    Some(match status {
        StatusCode::INSUFFICIENT_STORAGE => {
            ApiError::conflict("The session's disk is full. Delete something in it and try again.")
        }
        StatusCode::CONFLICT => ApiError::conflict(
            "The file can't be put into ~/uploads: it is no folder that can be written to, or has too many files of this name.",
        ),
        StatusCode::REQUEST_TIMEOUT => ApiError::new(ErrorCode::ValidationError, "The file did not arrive."),
        StatusCode::SERVICE_UNAVAILABLE => {
            ApiError::new(ErrorCode::RateLimited, "Too many uploads at once. Try again in a moment.")
        }
        _ => return None,
    })
}

pub(super) fn no_such_session() -> ApiError {
    ApiError::not_found("session")
}

pub(super) fn database_error(error: &DatabaseError) -> ApiError {
    tracing::error!(%error, "the sessions could not be read or written");
    database_told(error.is_transient())
}

fn database_told(is_transient: bool) -> ApiError {
    if is_transient {
        ApiError::new(
            ErrorCode::RuntimeUnavailable,
            "The database is busy or away. Nothing was changed; try again in a moment.",
        )
    } else {
        ApiError::internal()
    }
}

fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::NotFound => no_such_session(),
        Refusal::Conflict(why) => ApiError::conflict(why),
        Refusal::Failed(cause) => ApiError::new(ErrorCode::RuntimeUnavailable, cause.sentence()),
        Refusal::Database { is_transient } => database_told(is_transient),
    }
}

pub(super) fn guest_error(id: &SessionId, error: &GuestError) -> ApiError {
    match error {
        GuestError::NotFound => return ApiError::not_found("terminal"),
        GuestError::Connect(runtime::RuntimeError::NotRunning(_) | runtime::RuntimeError::NotFound(_)) => {
            return ApiError::conflict("The session is not running. Start it first.");
        }
        _ => tracing::error!(session = %id, %error, "a guest could not be asked"),
    }
    match error {
        GuestError::Timeout => ApiError::new(
            ErrorCode::RuntimeUnavailable,
            "The session's container runs, but its guest does not answer. Restart the session if this goes on.",
        ),
        _ => ApiError::internal(),
    }
}
