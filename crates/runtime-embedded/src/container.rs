//! One container in the server's memory: its record, its run if it has one, and the task that
//! watches over the run's end.
//!
//! ```text
//!   created ──start──▶ running ──init ends──▶ exited(how) ──start──▶ running …
//! ```
//!
//! `operation` is held by whoever starts, stops or removes it; the end of a run needs no lock, for
//! only the run's own task announces it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use runtime::{ContainerState, Exit};
use tokio::sync::{Mutex, watch};
use tokio::task::{AbortHandle, JoinHandle};

use crate::cgroup::Group;
use crate::connect;
use crate::process::{Ended, Held};
use crate::record::{self, ContainerRecord, EXIT, PROCESS, RUN};

/// How long the cgroups of a container whose processes are gone may stay busy: the kernel lets go
/// of them a little later.
const CGROUP_LIMIT: Duration = Duration::from_secs(5);
/// How often their removal is tried meanwhile: nothing announces it on version 1.
const CGROUP_RETRY: Duration = Duration::from_millis(5);

/// A container that exists.
#[derive(Debug)]
pub(crate) struct Container {
    pub record: ContainerRecord,
    /// Its directory on the host.
    pub directory: PathBuf,
    pub group: Group,
    /// Held through each start, stop and removal. Says whether it has been removed.
    pub operation: Mutex<bool>,
    state: watch::Sender<State>,
}

/// Whether it runs.
#[derive(Debug, Clone)]
pub(crate) enum State {
    Created,
    Running(Arc<Run>),
    Exited(Exit),
}

/// A run of a container.
#[derive(Debug)]
pub(crate) struct Run {
    pub init: Held,
    /// Whether we have been asked to stop it, so that its end is no surprise.
    stopping: std::sync::atomic::AtomicBool,
    /// The task that waits for its end.
    watcher: std::sync::Mutex<Option<AbortHandle>>,
    /// The child that starts its way out, for as long as it is at it.
    network: Mutex<Option<JoinHandle<()>>>,
}

impl Run {
    pub(crate) fn new(init: Held, network: Option<JoinHandle<()>>) -> Arc<Self> {
        Arc::new(Self {
            init,
            stopping: false.into(),
            watcher: std::sync::Mutex::new(None),
            network: Mutex::new(network),
        })
    }

    pub(crate) fn expect_end(&self) {
        self.stopping.store(true, std::sync::atomic::Ordering::Release);
    }

    fn end_is_expected(&self) -> bool {
        self.stopping.load(std::sync::atomic::Ordering::Acquire)
    }
}

impl Container {
    pub(crate) fn new(record: ContainerRecord, directory: PathBuf, group: Group, state: State) -> Arc<Self> {
        Arc::new(Self { record, directory, group, operation: Mutex::new(false), state: watch::Sender::new(state) })
    }

    /// The state as the trait has it.
    pub(crate) fn public_state(&self) -> ContainerState {
        match &*self.state.borrow() {
            State::Created => ContainerState::Created,
            State::Running(_) => ContainerState::Running,
            State::Exited(exit) => ContainerState::Exited(exit.clone()),
        }
    }

    /// The run, if it runs.
    pub(crate) fn run(&self) -> Option<Arc<Run>> {
        match &*self.state.borrow() {
            State::Running(run) => Some(Arc::clone(run)),
            State::Created | State::Exited(_) => None,
        }
    }

    /// Announces a run and watches over it.
    pub(crate) fn runs(self: &Arc<Self>, run: Arc<Run>) {
        self.state.send_replace(State::Running(Arc::clone(&run)));
        let (container, watched) = (Arc::clone(self), Arc::clone(&run));
        let task = tokio::spawn(async move { container.watch(&watched).await });
        if let Ok(mut watcher) = run.watcher.lock() {
            *watcher = Some(task.abort_handle());
        }
    }

    /// Stops watching, for another instance to go on. The container runs on.
    pub(crate) fn let_go(&self) {
        if let Some(run) = self.run()
            && let Ok(mut watcher) = run.watcher.lock()
            && let Some(task) = watcher.take()
        {
            task.abort();
        }
    }

    /// Waits for the end of its run; at once if it doesn't run. A container that never ran ended
    /// in no way that is known.
    pub(crate) async fn ended(&self) -> Exit {
        let mut states = self.state.subscribe();
        let ended = states.wait_for(|state| !matches!(state, State::Running(_))).await;
        match ended.as_deref() {
            Ok(State::Exited(exit)) => exit.clone(),
            // The sender lives as long as we do.
            _ => Exit::Unknown,
        }
    }

    async fn watch(&self, run: &Run) {
        let ended = match run.init.gone().await {
            Ok(Some(ended)) => ended,
            Ok(None) if run.end_is_expected() => Ended::Unknown,
            Ok(None) => run.init.recall().await,
            Err(error) => {
                tracing::error!(container = %self.record.id, %error, "lost sight of a container's init");
                Ended::Unknown
            }
        };
        if let Some(network) = run.network.lock().await.take()
            && let Err(error) = network.await
        {
            tracing::error!(container = %self.record.id, %error, "opening a container's network broke off");
        }
        let exit = self.judge(ended, run.end_is_expected());
        tracing::info!(container = %self.record.id, ?exit, "container ended");
        if let Err(error) = self.clear(&exit).await {
            tracing::error!(container = %self.record.id, %error, "traces of a container's run are left");
        }
        self.state.send_replace(State::Exited(exit));
    }

    /// How a run ended that nobody watched.
    pub(crate) fn judge_unseen(&self) -> Exit {
        self.judge(Ended::Unknown, false)
    }

    /// Says how its last run ended, found out after the fact.
    pub(crate) fn has_ended(&self, exit: Exit) {
        self.state.send_replace(State::Exited(exit));
    }

    /// How the run ended, from all that is known about it.
    fn judge(&self, ended: Ended, expected: bool) -> Exit {
        if expected {
            return Exit::Code(0);
        }
        let starved = || self.group.out_of_memory_kills().is_ok_and(|kills| kills > 0);
        match ended {
            Ended::Signal(libc::SIGKILL) if starved() => Exit::OutOfMemory,
            Ended::Unknown => match connect::exit_record(&self.directory.join(RUN)) {
                Some(record) => Exit::Code(record.code),
                None if starved() => Exit::OutOfMemory,
                None => Exit::Unknown,
            },
            other => other.into(),
        }
    }

    /// Removes what a run that has ended leaves outside its directory, and remembers how it ended.
    /// Repeatable.
    pub(crate) async fn clear(&self, exit: &Exit) -> io::Result<()> {
        record::write(&self.directory.join(EXIT), exit)?;
        self.remove_group().await?;
        record::remove(&self.directory.join(PROCESS))
    }

    /// Removes its cgroups, once the kernel has let go of them.
    pub(crate) async fn remove_group(&self) -> io::Result<()> {
        let removed = tokio::time::timeout(CGROUP_LIMIT, async {
            loop {
                match self.group.remove() {
                    Err(error) if error.raw_os_error() == Some(libc::EBUSY) => {
                        // What init left behind in another pid namespace, if anything, goes too.
                        self.group.kill()?;
                        tokio::time::sleep(CGROUP_RETRY).await;
                    }
                    other => return other,
                }
            }
        });
        removed.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}
