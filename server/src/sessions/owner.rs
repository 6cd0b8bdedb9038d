//! The task that owns one session: it alone changes the session's row, one transition at a time.
//!
//! Commands come in through a bounded inbox and are answered as soon as their transition is in the
//! database; the effect goes on as this task's `work`, and its end brings the next transition. A
//! stop or delete in the middle of a start is written down at once. A stage that only asks (verifying,
//! warming) is dropped; one that changes something is let to its end first, so that no two effects
//! ever work on one container.

mod mend;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::backend::Actor;
use app::model::operations::Mended;
use app::model::session::{Cause, Session, SessionState, Stage, StageTime, StartSession, StoppedBy};
use protocol::{ContainerId, SessionId};
use runtime::{ContainerSpec, Progress};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::database::{DatabaseError, SessionDetails, StoredSession};
use crate::sessions::context::{Context, now};
use crate::sessions::stage;

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, Refusal>>;

/// What may be asked of a session's owner, and by whom, for the audit log.
pub(super) enum Command {
    Start(StartSession, Actor, Reply<Session>),
    Stop(Actor, Reply<Session>),
    Restart(StartSession, Actor, Reply<Session>),
    /// Stops it, for nothing happens in it.
    Sleep,
    Rename(String, Actor, Reply<Session>),
    Delete(Actor, Reply<()>),
    /// Sees to it that row and containers fit each other; see [`super::inventory`].
    Mend(Actor, Reply<Vec<Mended>>),
    /// Goes on from where a server that is gone left off.
    Resume,
}

/// Why a command was refused; nothing has changed.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    NotFound,
    Conflict(&'static str),
    Failed(Cause),
    /// The database would not; the log has why.
    Database {
        is_transient: bool,
    },
}

impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        tracing::error!(%error, "a session's row could not be read or written");
        Self::Database { is_transient: error.is_transient() }
    }
}

/// What an effect ended with.
enum Done {
    /// All is there that the container is made from.
    Prepared(Instant, Result<ContainerSpec, Cause>),
    Stage(Stage, Instant, Result<Option<ContainerId>, Cause>),
    /// What a failed start or a dead container left behind is gone; now the failure can be told.
    Failed(Cause),
    Ended(Cause),
    Stopped(Result<(), Cause>),
    Deleted(Result<(), Cause>),
}

/// An effect under way, and whether it may be dropped in the middle.
struct Work {
    future: Pin<Box<dyn Future<Output = Done> + Send>>,
    droppable: bool,
}

struct Owner {
    context: Arc<Context>,
    row: StoredSession,
    work: Option<Work>,
    /// When the start under way began.
    started: Instant,
    /// Who waits for the end of a delete.
    deleters: Vec<Reply<()>>,
    /// That there is news of what is under way.
    news: Arc<Notify>,
}

/// Owns session `id` until it is at rest and nobody asks anything.
pub(super) async fn run(context: Arc<Context>, id: SessionId, mut inbox: mpsc::Receiver<Command>) {
    let row = context.read_surely(&id).await;
    let mut owner = match row {
        Ok(Some(row)) => {
            let (work, deleters, news) = (None, Vec::new(), Arc::default());
            let mut owner = Owner { context, row, work, started: Instant::now(), deleters, news };
            // Whoever owned it last may have left it in the middle: a server that is gone, above all.
            owner.resume();
            owner
        }
        Ok(None) => return turn_away(&context, &id, &mut inbox, &Refusal::NotFound, false),
        Err(error) => {
            return turn_away(&context, &id, &mut inbox, &Refusal::from(error), false);
        }
    };
    let (shutdown, news) = (owner.context.shutdown.clone(), Arc::clone(&owner.news));
    // What it was made for comes before what it would find by itself, so that the answer tells of that.
    if let Ok(command) = inbox.try_recv() {
        owner.obey(command).await;
    }
    loop {
        if owner.work.is_none() && owner.context.registry.retire(&id, &inbox) {
            return;
        }
        let work = async {
            match &mut owner.work {
                Some(work) => work.future.as_mut().await,
                None => std::future::pending().await,
            }
        };
        // A server that ends drops the work: the row says where to go on.
        tokio::select! {
            () = shutdown.begun() => return,
            Some(command) = inbox.recv() => owner.obey(command).await,
            () = news.notified() => owner.context.announce(&owner.row),
            done = work => {
                owner.work = None;
                if !owner.go_on(done).await {
                    return turn_away(&owner.context, &id, &mut inbox, &Refusal::NotFound, true);
                }
            }
        }
    }
}

/// Answers everything in the inbox with a refusal, until nothing is left in it. A delete that finds the session
/// `deleted` just now has what it wanted.
fn turn_away(context: &Context, id: &SessionId, inbox: &mut mpsc::Receiver<Command>, why: &Refusal, deleted: bool) {
    loop {
        while let Ok(command) = inbox.try_recv() {
            // Whoever gave up waiting needs no answer.
            match command {
                Command::Start(_, _, reply)
                | Command::Stop(_, reply)
                | Command::Restart(_, _, reply)
                | Command::Rename(_, _, reply) => {
                    let _ = reply.send(Err(why.clone()));
                }
                Command::Mend(_, reply) => {
                    let _ = reply.send(Err(why.clone()));
                }
                Command::Delete(_, reply) => {
                    let _ = reply.send(if deleted { Ok(()) } else { Err(why.clone()) });
                }
                Command::Resume | Command::Sleep => {}
            }
        }
        if context.registry.retire(id, inbox) {
            return;
        }
    }
}

impl Owner {
    async fn obey(&mut self, command: Command) {
        let before = self.orders();
        // An asker that gave up waiting needs no answer: every `send` below may fail in peace. The audit log gets
        // its entry all the same.
        match command {
            Command::Start(how, by, reply) => {
                let outcome = self.start(how).await;
                self.note(&before, &by, "session.started").await;
                let _ = reply.send(outcome);
            }
            Command::Stop(by, reply) => {
                let stopped_by = if by.user == self.row.owner { StoppedBy::Owner } else { StoppedBy::Admin };
                let outcome = self.stop(stopped_by, None).await;
                self.note(&before, &by, "session.stopped").await;
                let _ = reply.send(outcome);
            }
            Command::Restart(how, by, reply) => {
                let outcome = self.stop(StoppedBy::Owner, Some(how)).await;
                self.note(&before, &by, "session.restarted").await;
                let _ = reply.send(outcome);
            }
            Command::Rename(name, by, reply) => {
                let outcome = self.rename(name).await;
                self.note(&before, &by, "session.renamed").await;
                let _ = reply.send(outcome);
            }
            Command::Delete(by, reply) => {
                self.delete(reply).await;
                self.note(&before, &by, "session.deleted").await;
            }
            Command::Mend(by, reply) => {
                let outcome = self.mend(&by).await;
                let _ = reply.send(outcome);
            }
            Command::Sleep => {
                // Anything but running has its own end under way; a row that can't be written is looked at again.
                // Somebody may have wanted it awake since the look.
                if self.row.state == SessionState::Running
                    && self.context.pulse.is_over(&self.row.id)
                    && let Err(refusal) = self.stop(StoppedBy::Idle, None).await
                {
                    tracing::warn!(session = %self.row.id, ?refusal, "an idle session could not be put to sleep");
                }
            }
            // What it asks for was done when this owner began.
            Command::Resume => {}
        }
    }

    /// What people ask of a session changes some of this, or nothing.
    fn orders(&self) -> (SessionState, bool, String) {
        (self.row.state.clone(), self.row.details.restart.is_some(), self.row.name.clone())
    }

    /// Puts it into the audit log that `by` did something, if it changed anything since `before`.
    async fn note(&mut self, before: &(SessionState, bool, String), by: &Actor, action: &str) {
        if self.orders() != *before {
            self.context.note(by, action, &self.row).await;
        }
    }

    async fn start(&mut self, how: StartSession) -> Result<Session, Refusal> {
        match self.row.state {
            SessionState::Created | SessionState::Stopped | SessionState::Failed { .. } => {
                let next = self.starting(how);
                self.write(next).await?;
                self.begin_stage(Stage::Creating);
            }
            SessionState::Starting { .. } | SessionState::Running => {}
            SessionState::Stopping if self.row.details.restart.is_some() => {}
            SessionState::Stopping => {
                return Err(Refusal::Conflict("The session is still stopping. Start it again in a moment."));
            }
            SessionState::Deleting => return Err(Refusal::NotFound),
        }
        Ok(self.context.model(&self.row))
    }

    /// The row of a start that begins now.
    fn starting(&mut self, how: StartSession) -> StoredSession {
        self.started = Instant::now();
        let state = SessionState::Starting { stage: Stage::Creating };
        let details =
            SessionDetails { stopped_by: None, resume: how.resume, restart: None, ..self.row.details.clone() };
        StoredSession { state, start: Vec::new(), ready_ms: None, active_at: now(), details, ..self.row.clone() }
    }

    /// Stops it; with `restart`, to be started so afterwards, also by another server.
    async fn stop(&mut self, by: StoppedBy, restart: Option<StartSession>) -> Result<Session, Refusal> {
        let details = SessionDetails { stopped_by: Some(by), restart, ..self.row.details.clone() };
        match (&self.row.state, restart) {
            (SessionState::Starting { .. } | SessionState::Running, _) => {
                let state = SessionState::Stopping;
                self.write(StoredSession { state, details, active_at: now(), ..self.row.clone() }).await?;
                self.begin_unless_busy();
            }
            (SessionState::Stopping, _) if restart != self.row.details.restart => {
                self.write(StoredSession { details, ..self.row.clone() }).await?;
            }
            (SessionState::Stopping, _) => {}
            (SessionState::Created | SessionState::Stopped | SessionState::Failed { .. }, Some(how)) => {
                return self.start(how).await;
            }
            (SessionState::Created | SessionState::Stopped | SessionState::Failed { .. }, None) => {}
            (SessionState::Deleting, _) => return Err(Refusal::NotFound),
        }
        Ok(self.context.model(&self.row))
    }

    async fn rename(&mut self, name: String) -> Result<Session, Refusal> {
        if self.row.state == SessionState::Deleting {
            return Err(Refusal::NotFound);
        }
        self.write(StoredSession { name, ..self.row.clone() }).await?;
        Ok(self.context.model(&self.row))
    }

    async fn delete(&mut self, reply: Reply<()>) {
        if self.row.state != SessionState::Deleting {
            let next = StoredSession { state: SessionState::Deleting, active_at: now(), ..self.row.clone() };
            if let Err(refusal) = self.write(next).await {
                let _ = reply.send(Err(refusal));
                return;
            }
            self.begin_unless_busy();
        }
        self.deleters.push(reply);
    }

    /// Begins what the row's state asks for; called once, before anything is under way.
    fn resume(&mut self) {
        match self.row.state {
            SessionState::Starting { .. } => {
                // All of it is done again, and told once.
                self.row.start.clear();
                self.begin_stage(Stage::Creating);
            }
            SessionState::Running => self.begin_watch(),
            SessionState::Stopping | SessionState::Deleting => self.begin_unless_busy(),
            SessionState::Created | SessionState::Stopped | SessionState::Failed { .. } => {}
        }
    }

    /// Takes the next step after an effect. Answers false when the session is gone.
    async fn go_on(&mut self, done: Done) -> bool {
        match done {
            Done::Stage(stage, began, Ok(container)) => {
                self.row.container = container.or(self.row.container.take());
                let took = StageTime { stage, ms: milliseconds(began) };
                match self.row.state {
                    SessionState::Starting { .. } => self.after_stage(took).await,
                    _ => self.begin_unless_busy(),
                }
            }
            Done::Prepared(began, Ok(spec)) => self.begin_making(began, spec),
            Done::Prepared(_, Err(cause)) | Done::Stage(_, _, Err(cause)) => match self.row.state {
                SessionState::Starting { .. } => {
                    self.context.metrics.start_ended(false);
                    self.begin_cleanup(cause);
                }
                _ => self.begin_unless_busy(),
            },
            Done::Ended(cause) => self.begin_cleanup(cause),
            Done::Failed(cause) => match self.row.state {
                SessionState::Starting { .. } | SessionState::Running => self.fail(cause).await,
                _ => self.begin_unless_busy(),
            },
            Done::Stopped(outcome) => match (&self.row.state, outcome) {
                (SessionState::Stopping, Err(cause)) => self.fail(cause).await,
                (SessionState::Stopping, Ok(())) if self.row.details.restart.is_some() => {
                    let next = self.starting(self.row.details.restart.unwrap_or_default());
                    if self.write_surely(next).await {
                        self.begin_stage(Stage::Creating);
                    }
                }
                (SessionState::Stopping, Ok(())) => {
                    let next = StoredSession { state: SessionState::Stopped, active_at: now(), ..self.row.clone() };
                    self.write_surely(next).await;
                }
                _ => self.begin_unless_busy(),
            },
            Done::Deleted(Ok(())) => {
                let gone = self.context.remove_surely(&self.row.owner, &self.row.id).await;
                for reply in self.deleters.drain(..).filter(|_| gone) {
                    let _ = reply.send(Ok(()));
                }
                return !gone;
            }
            Done::Deleted(Err(cause)) => {
                self.fail(cause.clone()).await;
                for reply in self.deleters.drain(..) {
                    let _ = reply.send(Err(Refusal::Failed(cause.clone())));
                }
            }
        }
        true
    }

    async fn after_stage(&mut self, took: StageTime) {
        let stage = took.stage;
        self.context.metrics.stage_ended(stage, Duration::from_millis(took.ms.into()));
        self.row.start.push(took);
        let next = Stage::ALL.into_iter().skip_while(|s| *s != stage).nth(1);
        let mut row = self.row.clone();
        match next {
            Some(next) => row.state = SessionState::Starting { stage: next },
            None => {
                row.ready_ms = Some(milliseconds(self.started));
                row.state = SessionState::Running;
                row.details.has_run = true;
                self.context.metrics.start_ended(true);
                row.active_at = now();
            }
        }
        if !self.write_surely(row).await {
            return;
        }
        match next {
            Some(next) => self.begin_stage(next),
            None => self.begin_watch(),
        }
    }

    async fn fail(&mut self, cause: Cause) {
        tracing::warn!(session = %self.row.id, cause = %cause.sentence(), "a session failed");
        // A container that is gone is not looked for again.
        let container = if cause == Cause::ContainerGone { None } else { self.row.container.clone() };
        let state = SessionState::Failed { cause };
        let details = SessionDetails { restart: None, ..self.row.details.clone() };
        let next = StoredSession { state, container, active_at: now(), details, ..self.row.clone() };
        self.write_surely(next).await;
    }

    fn begin_stage(&mut self, stage: Stage) {
        if stage == Stage::Creating {
            return self.begin_preparing();
        }
        let (context, row, began) = (Arc::clone(&self.context), self.row.clone(), Instant::now());
        let future = Box::pin(async move { Done::Stage(stage, began, stage::run(context, row, stage).await) });
        self.work = Some(Work { future, droppable: matches!(stage, Stage::Verifying | Stage::Warming) });
    }

    /// The first part of [`Stage::Creating`], which may take long and be dropped.
    fn begin_preparing(&mut self) {
        let (context, row, began) = (Arc::clone(&self.context), self.row.clone(), Instant::now());
        let (news, doing) = (Arc::clone(&self.news), self.context.doing(&self.row.id));
        let future = Box::pin(async move {
            let tell = move |line: &str| {
                doing.set(line);
                news.notify_one();
            };
            Done::Prepared(began, stage::prepare(&context, &row, Progress(Arc::new(tell))).await)
        });
        self.work = Some(Work { future, droppable: true });
    }

    /// The second part, which is let to its end.
    fn begin_making(&mut self, began: Instant, spec: ContainerSpec) {
        let (context, row) = (Arc::clone(&self.context), self.row.clone());
        let future =
            Box::pin(async move { Done::Stage(Stage::Creating, began, stage::create(&context, &row, spec).await) });
        self.work = Some(Work { future, droppable: false });
    }

    fn begin_watch(&mut self) {
        let (context, container) = (Arc::clone(&self.context), self.row.container.clone());
        let future = Box::pin(async move {
            Done::Ended(match container {
                Some(id) => stage::watch(&context, &id).await,
                None => Cause::ContainerGone,
            })
        });
        self.work = Some(Work { future, droppable: true });
    }

    /// Clears away what a failure left running, then tells of it.
    fn begin_cleanup(&mut self, cause: Cause) {
        let (context, container) = (Arc::clone(&self.context), self.row.container.clone());
        let future = Box::pin(async move {
            // A failure here is logged by `stop`, and the first cause is the one to be told.
            let _ = stage::stop(&context, container.as_ref(), Duration::ZERO).await;
            Done::Failed(cause)
        });
        self.work = Some(Work { future, droppable: false });
    }

    /// Begins the effect of `stopping` or `deleting`, now or when the effect under way has ended.
    fn begin_unless_busy(&mut self) {
        if self.work.as_ref().is_some_and(|work| !work.droppable) {
            return;
        }
        let (context, row) = (Arc::clone(&self.context), self.row.clone());
        let future: Pin<Box<dyn Future<Output = Done> + Send>> = match self.row.state {
            SessionState::Stopping => Box::pin(async move { Done::Stopped(stage::stop_gently(&context, &row).await) }),
            SessionState::Deleting => Box::pin(async move { Done::Deleted(stage::delete(&context, &row).await) }),
            _ => return,
        };
        // A stop under way is dropped for a delete, which kills what the stop would have waited for.
        self.work = Some(Work { future, droppable: self.row.state == SessionState::Stopping });
    }

    /// Writes a transition that somebody asked for; it takes place only if the write worked.
    async fn write(&mut self, next: StoredSession) -> Result<(), Refusal> {
        self.context.write(&next).await?;
        self.row = next;
        Ok(())
    }

    /// Writes a transition that has to take place. False when the server ends first: then nothing follows
    /// from it here.
    async fn write_surely(&mut self, next: StoredSession) -> bool {
        let written = self.context.write_surely(&next).await;
        self.row = next;
        written
    }
}

/// Milliseconds since `began`.
fn milliseconds(began: Instant) -> u32 {
    u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX)
}
