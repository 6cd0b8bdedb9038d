//! The effects of a session's transitions: the stages of a start, the watch over a running
//! container, the stop, the removal. Each is a future that the session's owner drives, each ends within
//! its limit (but the watch), and each may be run again from its beginning.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use app::model::preferences::WorkspaceSharing;
use app::model::session::{Cause, Stage};
use protocol::guest::OpenTerminal;
use protocol::{ContainerId, TerminalId};
use runtime::{Away, ContainerSpec, Exit, Home, Progress, RuntimeError, Survey};

use crate::database::StoredSession;
use crate::sessions::context::Context;
use crate::sessions::guest::{GuestClient, GuestError};
use crate::sessions::typed;
use crate::storage::Direction;

/// Making a container's files. A few mkdirs and small files; a slow disk may take seconds, and a driver's own
/// limits have to come first, so that a create which is given up is over: 30 s, and Docker's 45 s with three looks
/// before and what has to be cleared away after it.
const CREATE_LIMIT: Duration = Duration::from_secs(120);
/// Starting a container's init, which takes some 30 ms on a quiet machine.
const START_LIMIT: Duration = Duration::from_secs(45);
/// From init to a guest that answers.
const VERIFY_LIMIT: Duration = Duration::from_secs(10);
/// From an open terminal to its first output. A shell that stays silent so long is let be.
const WARM_LIMIT: Duration = Duration::from_secs(5);
/// Between looks at a guest that is coming up; a tenth of what a start takes.
const POLL: Duration = Duration::from_millis(3);
/// What programs get between SIGTERM and SIGKILL when their session is stopped.
pub(super) const STOP_GRACE: Duration = Duration::from_secs(30);
/// What a driver may need beyond the grace.
const STOP_LIMIT: Duration = Duration::from_secs(45);
/// Sharing what is known of repositories, which is a few small files.
const SHARE_LIMIT: Duration = Duration::from_secs(10);
/// Killing a container and removing its files.
const DELETE_LIMIT: Duration = Duration::from_secs(60);

/// What comes before a container is made: that there is what the driver makes it from, which may be on a long way here.
/// May be dropped. The container's home is not in the spec yet.
pub(super) async fn prepare(
    context: &Context,
    row: &StoredSession,
    progress: Progress,
) -> Result<ContainerSpec, Cause> {
    let spec = spec(context, row);
    driven(context, Stage::Creating, context.runtime.prepare(&spec, &progress)).await?;
    Ok(spec)
}

/// Makes the person's files and the container, and answers its id.
pub(super) async fn create(
    context: &Context,
    row: &StoredSession,
    spec: ContainerSpec,
) -> Result<Option<ContainerId>, Cause> {
    let stage = Stage::Creating;
    let made = async {
        let spec = ContainerSpec { home: Some(home(context, row).await?), ..spec };
        driven(context, stage, context.runtime.create(&spec)).await
    };
    within(stage, CREATE_LIMIT, made).await.map(Some)
}

/// Runs one stage of a start after the first. Answers the container's id.
pub(super) async fn run(context: Arc<Context>, row: StoredSession, stage: Stage) -> Result<Option<ContainerId>, Cause> {
    let Some(id) = row.container.clone() else {
        return Err(Cause::StartFailed { detail: "its container was not recorded".into() });
    };
    let outcome = match stage {
        Stage::Starting => {
            share(&context, &row, Direction::IntoSession).await;
            within(stage, START_LIMIT, driven(&context, stage, context.runtime.start(&id))).await.map(|()| Some(id))
        }
        Stage::Verifying => within(stage, VERIFY_LIMIT, while_it_runs(&context, &id, verify(&context, &row, &id)))
            .await
            .map(|()| Some(id)),
        Stage::Warming => while_it_runs(&context, &id, warm(&context, &row, &id)).await.map(|()| Some(id)),
        Stage::Creating => return Ok(Some(id)),
    };
    // A container without an answering guest is of no use, and its failure is not “too slow”.
    match outcome {
        Err(Cause::StartTimeout { stage: Stage::Verifying }) => Err(Cause::GuestUnresponsive),
        other => other,
    }
}

async fn home(context: &Context, row: &StoredSession) -> Result<Home, Cause> {
    let (files, owner, session) = (context.files.clone(), row.owner.clone(), row.id.clone());
    let sharing = context.sharing(&row.owner).await;
    let home = tokio::task::spawn_blocking(move || files.home(&owner, &session, sharing)).await;
    home.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(|error| {
        tracing::error!(session = %row.id, %error, "a session's files could not be made");
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Cause::DiskFull,
            _ => Cause::StartFailed { detail: "its files could not be made".into() },
        }
    })
}

fn spec(context: &Context, row: &StoredSession) -> ContainerSpec {
    ContainerSpec {
        session: row.id.clone(),
        token: row.token.clone(),
        // It stays where it was made, whatever is the default by now.
        runtime: row
            .container
            .as_ref()
            .map(|id| context.runtime.driver_of(id).to_owned())
            .or(row.details.runtime.clone()),
        limits: context.rules.limits(&row.details.tier),
        env: environment(context, row),
        home: None,
    }
}

async fn verify(context: &Context, row: &StoredSession, id: &ContainerId) -> Result<(), Cause> {
    let guest = GuestClient::new(Arc::clone(&context.runtime), id.clone(), row.token.clone());
    loop {
        match guest.health().await {
            Ok(_) => return Ok(()),
            // It doesn't listen yet, or gets no turn; the limit around this loop ends the wait.
            Err(GuestError::Connect(_)) => tokio::time::sleep(POLL).await,
            Err(error) if error.is_slow() => tokio::time::sleep(POLL).await,
            Err(error) => {
                tracing::warn!(session = %row.id, %error, "the guest does not answer as it should");
                return Err(Cause::GuestUnresponsive);
            }
        }
    }
}

async fn warm(context: &Context, row: &StoredSession, id: &ContainerId) -> Result<(), Cause> {
    let guest = GuestClient::new(Arc::clone(&context.runtime), id.clone(), row.token.clone());
    let command = first_line(context, row, &guest).await;
    let open = OpenTerminal { command, ..OpenTerminal::default() };
    let mut opened = guest.open_terminal(TerminalId::FIRST, &open).await;
    if opened.as_ref().is_err_and(GuestError::is_slow) {
        // What is open by now is not opened twice.
        opened = guest.open_terminal(TerminalId::FIRST, &open).await;
    }
    opened.map_err(|error| failed(row, "the first terminal could not be opened", &error))?;
    let first_output = async {
        loop {
            match guest.terminals().await {
                Ok(terminals) if terminals.iter().any(|terminal| terminal.offset > 0) => return Ok(()),
                Ok(_) => tokio::time::sleep(POLL).await,
                Err(error) if error.is_slow() => tokio::time::sleep(POLL).await,
                Err(error) => return Err(failed(row, "the guest did not list its terminals", &error)),
            }
        }
    };
    match tokio::time::timeout(WARM_LIMIT, first_output).await {
        Ok(outcome) => outcome?,
        Err(_) => {
            guest.health().await.map_err(|error| failed(row, "the guest does not answer as it should", &error))?;
            tracing::info!(session = %row.id, "the first terminal is silent; the session is ready all the same");
        }
    }
    open_tabs(row, &guest).await;
    Ok(())
}

/// Environment of the session's programs: its agent's, and over it its own.
fn environment(context: &Context, row: &StoredSession) -> BTreeMap<String, String> {
    let of_agent = context.rules.agent(&row.details.agent).map(|agent| agent.environment.clone());
    of_agent.unwrap_or_default().into_iter().chain(row.details.environment.0.clone()).collect()
}

/// What the first terminal is told. Finds out on the way which agents there are in this runtime; a guest that can't
/// tell leaves it to the shell.
async fn first_line(context: &Context, row: &StoredSession, guest: &GuestClient) -> Option<String> {
    let programs: Vec<String> =
        context.rules.agents.iter().filter_map(|agent| agent.program().map(str::to_owned)).collect();
    let found = match guest.find_programs(programs.clone()).await {
        Ok(mut found) => {
            // A guest is believed in what it was asked, and in nothing else.
            found.retain(|name| programs.contains(name));
            found.truncate(programs.len());
            let runtime = row.container.as_ref().map_or(context.runtime.name(), |id| context.runtime.driver_of(id));
            context.agents_found(&row.owner, runtime, &found);
            Some(found)
        }
        Err(error) => {
            tracing::debug!(session = %row.id, %error, "the guest did not say which agents there are");
            None
        }
    };
    let Some(agent) = context.rules.agent(&row.details.agent) else {
        tracing::warn!(session = %row.id, agent = row.details.agent, "there is no such agent any more; a shell it is");
        return None;
    };
    let is_there = |program: &str| found.as_ref().is_none_or(|found| found.iter().any(|name| name == program));
    typed::first_line(agent, &row.details, agent.program().is_none_or(is_there))
}

/// Opens the tabs that a preset gave the session. One that doesn't open is no reason not to start.
async fn open_tabs(row: &StoredSession, guest: &GuestClient) {
    for (id, command) in TerminalId::all().skip(1).zip(&row.details.commands) {
        let command = (!command.is_empty()).then(|| command.clone());
        if let Err(error) = guest.open_terminal(id, &OpenTerminal { command, ..OpenTerminal::default() }).await {
            tracing::warn!(session = %row.id, terminal = %id, %error, "a tab of a preset did not open");
        }
    }
}

/// `work`, unless the container ends before it is done.
async fn while_it_runs(
    context: &Context,
    id: &ContainerId,
    work: impl Future<Output = Result<(), Cause>>,
) -> Result<(), Cause> {
    tokio::select! {
        outcome = work => outcome,
        cause = watch(context, id) => Err(cause),
    }
}

/// Returns when the container doesn't run any more, with why.
pub(super) async fn watch(context: &Context, id: &ContainerId) -> Cause {
    match context.runtime.wait(id).await {
        Ok(exit) => cause_of(&exit),
        Err(RuntimeError::NotFound(_)) => Cause::ContainerGone,
        Err(RuntimeError::Unavailable { detail }) => {
            tracing::error!(container = %id, detail, "a container could not be watched");
            Cause::RuntimeUnavailable { detail }
        }
        Err(error) => {
            tracing::error!(container = %id, %error, "a container could not be watched");
            Cause::HostRestarted
        }
    }
}

/// Stops the container, if there is one, after `grace`. A container that is gone is stopped.
pub(super) async fn stop(context: &Context, container: Option<&ContainerId>, grace: Duration) -> Result<(), Cause> {
    let Some(id) = container else { return Ok(()) };
    match tokio::time::timeout(STOP_LIMIT, context.runtime.stop(id, grace)).await {
        Ok(Ok(()) | Err(RuntimeError::NotFound(_))) => Ok(()),
        Ok(Err(error)) => {
            tracing::error!(container = %id, %error, "a container could not be stopped");
            Err(Cause::RuntimeUnavailable { detail: error.to_string() })
        }
        Err(_) => {
            tracing::error!(container = %id, limit = ?STOP_LIMIT, "a container could not be stopped in time");
            Err(Cause::RuntimeUnavailable { detail: "the container could not be stopped in time".into() })
        }
    }
}

/// [`stop`] with the grace that a person's stop gives.
pub(super) async fn stop_gently(context: &Context, row: &StoredSession) -> Result<(), Cause> {
    stop(context, row.container.as_ref(), STOP_GRACE).await?;
    share(context, row, Direction::OutOfSession).await;
    Ok(())
}

/// Brings what agents are told of repositories from one workspace to the other, for people who want that. A
/// session starts and stops without it too.
async fn share(context: &Context, row: &StoredSession, direction: Direction) {
    if context.sharing(&row.owner).await != WorkspaceSharing::Metadata {
        return;
    }
    let (files, owner, session) = (context.files.clone(), row.owner.clone(), row.id.clone());
    let sharing = tokio::task::spawn_blocking(move || files.share_metadata(&owner, &session, direction));
    match tokio::time::timeout(SHARE_LIMIT, sharing).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::warn!(session = %row.id, %error, "what is known of repositories was not shared"),
        Ok(Err(error)) => tracing::error!(session = %row.id, %error, "what is known of repositories was not shared"),
        Err(_) => tracing::warn!(session = %row.id, limit = ?SHARE_LIMIT, "sharing goes on in the background"),
    }
}

/// Removes all that there is of the session's containers, whether or not one was recorded: a crash may
/// have come between a container's making and its record.
pub(super) async fn delete(context: &Context, row: &StoredSession) -> Result<(), Cause> {
    let remove = async {
        let Survey { containers, away } = context.runtime.survey().await;
        for Away { runtime, error } in away {
            // Another driver's absence must not keep this one's session. What nobody recorded there, if anything, has
            // no row any more, and is removed when rows and containers are brought together next.
            tracing::warn!(session = %row.id, runtime, %error, "a driver could not say whether it has the session, too");
        }
        let unrecorded = containers.into_iter().filter(|c| c.session == row.id).map(|c| c.id);
        for id in unrecorded.chain(row.container.clone()) {
            context.runtime.delete(&id).await?;
        }
        let (files, owner, session) = (context.files.clone(), row.owner.clone(), row.id.clone());
        let removed = tokio::task::spawn_blocking(move || files.remove_workspace(&owner, &session)).await;
        removed
            .unwrap_or_else(|error| Err(std::io::Error::other(error)))
            .map_err(|error| RuntimeError::Unavailable { detail: format!("its workspace can't be removed: {error}") })
    };
    match tokio::time::timeout(DELETE_LIMIT, remove).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::error!(session = %row.id, %error, "a session's container could not be removed");
            Err(Cause::RuntimeUnavailable { detail: error.to_string() })
        }
        Err(_) => {
            tracing::error!(session = %row.id, limit = ?DELETE_LIMIT, "a session's container could not be removed in time");
            Err(Cause::RuntimeUnavailable { detail: "the container could not be removed in time".into() })
        }
    }
}

/// Why a stop or removal failed, without what that means for a start.
pub(super) fn why(cause: Cause) -> String {
    match cause {
        Cause::RuntimeUnavailable { detail } => detail,
        cause => cause.sentence(),
    }
}

/// Kills and removes one container, files and all.
pub(super) async fn remove(context: &Context, id: &ContainerId) -> Result<(), RuntimeError> {
    let limit = RuntimeError::Timeout { what: "removing a container", seconds: DELETE_LIMIT.as_secs() };
    let removed = tokio::time::timeout(DELETE_LIMIT, context.runtime.delete(id)).await.unwrap_or(Err(limit));
    removed.inspect_err(|error| tracing::error!(container = %id, %error, "a container could not be removed"))
}

/// Why a session whose container ended by itself failed.
fn cause_of(exit: &Exit) -> Cause {
    match *exit {
        Exit::Code(code) => Cause::Exited { code },
        Exit::Signal(signal) => Cause::Killed { signal },
        Exit::OutOfMemory => Cause::OutOfMemory,
        Exit::Unknown => Cause::HostRestarted,
    }
}

async fn driven<T>(
    context: &Context,
    stage: Stage,
    call: impl Future<Output = Result<T, RuntimeError>>,
) -> Result<T, Cause> {
    call.await.map_err(|error| {
        tracing::error!(?stage, %error, "a container could not be started");
        context.metrics.runtime_failed(stage);
        match error {
            RuntimeError::DiskFull => Cause::DiskFull,
            RuntimeError::Unavailable { detail } => Cause::RuntimeUnavailable { detail },
            RuntimeError::Timeout { .. } => Cause::StartTimeout { stage },
            RuntimeError::Start { detail } => Cause::StartFailed { detail },
            other => Cause::StartFailed { detail: other.to_string() },
        }
    })
}

async fn within<T>(stage: Stage, limit: Duration, work: impl Future<Output = Result<T, Cause>>) -> Result<T, Cause> {
    tokio::time::timeout(limit, work).await.unwrap_or(Err(Cause::StartTimeout { stage }))
}

fn failed(row: &StoredSession, what: &str, error: &GuestError) -> Cause {
    tracing::error!(session = %row.id, %error, "{what}");
    match error {
        GuestError::Timeout => Cause::GuestUnresponsive,
        _ => Cause::StartFailed { detail: what.to_owned() },
    }
}
