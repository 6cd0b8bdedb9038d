//! A driver without containers, for tests of what sits above a driver: the state machine, the
//! services, the terminal proxy. It keeps the contract of [`Runtime`] in memory, and a test can make
//! any call fail or wait, and end a container as it likes.
//!
//! Its guest answers just what a start needs; a test that wants more of it brings its own with
//! [`FakeRuntime::set_guest`].

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use protocol::{ContainerId, SessionId};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::Notify;

use crate::{
    ByteStream, Container, ContainerSpec, ContainerState, Enforcement, Exit, Health, Home, Runtime, RuntimeError, Usage,
};

/// How much a stream to the fake guest holds in flight, bytes; a Unix socket's order of size.
const STREAM_BYTES: usize = 64 * 1024;

/// What serves the guest's end of each new stream.
pub type Guest = Arc<dyn Fn(ContainerId, DuplexStream) + Send + Sync>;

/// A call that a test can hold or fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    Create,
    Start,
    Stop,
    Delete,
    List,
    Connect,
}

/// What the fake guest tells, and what it was told.
#[derive(Default)]
struct GuestState {
    /// What it answers to `GET /activity`, as JSON; an empty one by itself.
    activity: Option<String>,
    /// Programs that it has.
    programs: Vec<String>,
    /// Terminals that were opened, and with what, as JSON.
    opened: Vec<(ContainerId, String, String)>,
}

/// See the module.
pub struct FakeRuntime {
    name: &'static str,
    state: Mutex<State>,
    guest: Arc<Mutex<GuestState>>,
    changed: Notify,
}

struct State {
    containers: BTreeMap<ContainerId, (SessionId, ContainerState)>,
    /// Of those made with a home, as they were made with it.
    homes: BTreeMap<ContainerId, Home>,
    held: HashSet<Call>,
    failing: BTreeMap<u8, Arc<dyn Fn() -> RuntimeError + Send + Sync>>,
    calls: Vec<Call>,
    usage: Usage,
    disk_bytes: u64,
    guest: Guest,
    /// Why nothing can be started, if so.
    obstacle: Option<String>,
}

impl Default for FakeRuntime {
    fn default() -> Self {
        let told: Arc<Mutex<GuestState>> = Arc::default();
        let guest_told = Arc::clone(&told);
        let state = State {
            containers: BTreeMap::new(),
            homes: BTreeMap::new(),
            held: HashSet::new(),
            failing: BTreeMap::new(),
            calls: Vec::new(),
            usage: Usage { cpu_micros: 0, memory_bytes: 0, pids: 1, out_of_memory_kills: 0 },
            disk_bytes: 0,
            guest: Arc::new(move |id, stream| {
                drop(tokio::spawn(answer_as_a_guest(id, stream, Arc::clone(&guest_told))))
            }),
            obstacle: None,
        };
        Self { name: "fake", state: Mutex::new(state), guest: told, changed: Notify::new() }
    }
}

impl FakeRuntime {
    /// One of another name, where there are several.
    #[must_use]
    pub fn named(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// Makes `call` wait until [`Self::release`].
    pub fn hold(&self, call: Call) {
        self.state().held.insert(call);
    }

    /// Lets held calls go on.
    pub fn release(&self, call: Call) {
        self.state().held.remove(&call);
        self.changed.notify_waiters();
    }

    /// Makes `call` fail from now on, or work again.
    pub fn fail(&self, call: Call, error: Option<fn() -> RuntimeError>) {
        match error {
            Some(error) => drop(self.state().failing.insert(call as u8, Arc::new(error))),
            None => drop(self.state().failing.remove(&(call as u8))),
        }
    }

    /// Has the health say that nothing can be started, and why; or that it can.
    pub fn set_obstacle(&self, why: Option<&str>) {
        self.state().obstacle = why.map(Into::into);
    }

    /// Ends a running container as if by itself.
    pub fn end(&self, id: &ContainerId, exit: Exit) {
        if let Some((_, state)) = self.state().containers.get_mut(id) {
            *state = ContainerState::Exited(exit);
        }
        self.changed.notify_waiters();
    }

    /// Puts a container there that nobody asked for, running or not.
    pub fn plant(&self, id: &ContainerId, session: &SessionId, state: ContainerState) {
        self.state().containers.insert(id.clone(), (session.clone(), state));
    }

    /// What every container uses from now on.
    pub fn set_usage(&self, usage: Usage) {
        self.state().usage = usage;
    }

    /// What every container's files take from now on, bytes.
    pub fn set_disk_use(&self, bytes: u64) {
        self.state().disk_bytes = bytes;
    }

    /// What the guests tell of their terminals from now on, as JSON.
    pub fn set_activity(&self, activity: impl Into<String>) {
        self.guest_state().activity = Some(activity.into());
    }

    /// Programs that the guests have from now on.
    pub fn set_programs(&self, programs: &[&str]) {
        self.guest_state().programs = programs.iter().map(|program| (*program).to_owned()).collect();
    }

    /// Terminals that guests were told to open: the container, the terminal's number and what was asked, as JSON.
    #[must_use]
    pub fn opened(&self) -> Vec<(ContainerId, String, String)> {
        self.guest_state().opened.clone()
    }

    fn guest_state(&self) -> MutexGuard<'_, GuestState> {
        self.guest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What serves streams now, for a test that replaces it for some of them.
    #[must_use]
    pub fn guest(&self) -> Guest {
        Arc::clone(&self.state().guest)
    }

    /// Replaces the guest for streams from now on.
    pub fn set_guest(&self, guest: Guest) {
        self.state().guest = guest;
    }

    /// All containers and whether each runs.
    #[must_use]
    pub fn containers(&self) -> Vec<Container> {
        self.state().containers.iter().map(|(id, (session, state))| container(id, session, state)).collect()
    }

    /// The home that a container was made with.
    #[must_use]
    pub fn home(&self, id: &ContainerId) -> Option<Home> {
        self.state().homes.get(id).cloned()
    }

    /// How often `call` was begun.
    #[must_use]
    pub fn count(&self, call: Call) -> usize {
        self.state().calls.iter().filter(|c| **c == call).count()
    }

    /// Returns once `call` was begun `count` times.
    pub async fn began(&self, call: Call, count: usize) {
        self.until(|state| (state.calls.iter().filter(|c| **c == call).count() >= count).then_some(())).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn until<T>(&self, condition: impl Fn(&State) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(value) = condition(&self.state()) {
                return value;
            }
            changed.await;
        }
    }

    async fn enter(&self, call: Call) -> Result<(), RuntimeError> {
        self.state().calls.push(call);
        self.changed.notify_waiters();
        self.until(|state| (!state.held.contains(&call)).then_some(())).await;
        let failure = self.state().failing.get(&(call as u8)).cloned();
        failure.map_or(Ok(()), |failure| Err(failure()))
    }

    fn set(&self, id: &ContainerId, change: impl FnOnce(&mut ContainerState)) -> Result<(), RuntimeError> {
        let outcome = match self.state().containers.get_mut(id) {
            Some((_, state)) => {
                change(state);
                Ok(())
            }
            None => Err(RuntimeError::NotFound(id.clone())),
        };
        self.changed.notify_waiters();
        outcome
    }
}

#[async_trait]
impl Runtime for FakeRuntime {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn health(&self) -> Health {
        let enforcement = vec![Enforcement { name: "disk".into(), enforced: false, detail: "there is no disk".into() }];
        let obstacle = self.state().obstacle.clone();
        Health { available: obstacle.is_none(), summary: obstacle.unwrap_or_else(|| "in memory".into()), enforcement }
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, RuntimeError> {
        self.enter(Call::Create).await?;
        let id: ContainerId = format!("fake-{}", spec.session)
            .parse()
            .map_err(|_| RuntimeError::Unavailable { detail: "a session id that is no container id".into() })?;
        let mut state = self.state();
        if !state.containers.contains_key(&id) {
            state.containers.insert(id.clone(), (spec.session.clone(), ContainerState::Created));
            if let Some(home) = &spec.home {
                state.homes.insert(id.clone(), home.clone());
            }
        }
        Ok(id)
    }

    async fn start(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        self.enter(Call::Start).await?;
        self.set(id, |state| *state = ContainerState::Running)
    }

    async fn stop(&self, id: &ContainerId, _grace: Duration) -> Result<(), RuntimeError> {
        self.enter(Call::Stop).await?;
        self.set(id, |state| {
            if *state == ContainerState::Running {
                *state = ContainerState::Exited(Exit::Code(0));
            }
        })
    }

    async fn delete(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        self.enter(Call::Delete).await?;
        let mut state = self.state();
        state.containers.remove(id);
        state.homes.remove(id);
        drop(state);
        self.changed.notify_waiters();
        Ok(())
    }

    async fn inspect(&self, id: &ContainerId) -> Result<Container, RuntimeError> {
        let state = self.state();
        let found = state.containers.get(id).map(|(session, state)| container(id, session, state));
        found.ok_or_else(|| RuntimeError::NotFound(id.clone()))
    }

    async fn list(&self) -> Result<Vec<Container>, RuntimeError> {
        self.enter(Call::List).await?;
        Ok(self.containers())
    }

    async fn wait(&self, id: &ContainerId) -> Result<Exit, RuntimeError> {
        self.until(|state| match state.containers.get(id) {
            None => Some(Err(RuntimeError::NotFound(id.clone()))),
            Some((_, ContainerState::Running)) => None,
            Some((_, ContainerState::Created)) => Some(Ok(Exit::Unknown)),
            Some((_, ContainerState::Exited(exit))) => Some(Ok(exit.clone())),
        })
        .await
    }

    async fn connect(&self, id: &ContainerId) -> Result<Box<dyn ByteStream>, RuntimeError> {
        self.enter(Call::Connect).await?;
        if self.inspect(id).await?.state != ContainerState::Running {
            return Err(RuntimeError::NotRunning(id.clone()));
        }
        let (ours, theirs) = tokio::io::duplex(STREAM_BYTES);
        let guest = Arc::clone(&self.state().guest);
        guest(id.clone(), theirs);
        Ok(Box::new(ours))
    }

    async fn usage(&self, id: &ContainerId) -> Result<Usage, RuntimeError> {
        self.inspect(id).await?;
        Ok(self.state().usage)
    }

    async fn disk_use(&self, id: &ContainerId) -> Result<u64, RuntimeError> {
        self.inspect(id).await?;
        Ok(self.state().disk_bytes)
    }
}

fn container(id: &ContainerId, session: &SessionId, state: &ContainerState) -> Container {
    Container { id: id.clone(), session: session.clone(), state: state.clone() }
}

/// Answers one request: health, the opening of a terminal, the list with its output, what goes on.
async fn answer_as_a_guest(id: ContainerId, mut stream: DuplexStream, told: Arc<Mutex<GuestState>>) {
    let Some((head, asked)) = read_request(&mut stream).await else { return };
    let terminal = r#"{"id":1,"cols":80,"rows":24,"title":"","process":"bash","clients":0,"offset":2}"#;
    let body = {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if head.starts_with("GET /health ") {
            r#"{"version":"fake","pid":1,"terminals":0,"idle_seconds":0}"#.to_owned()
        } else if head.starts_with("GET /activity ") {
            told.activity.clone().unwrap_or_else(|| r#"{"idle_seconds":0,"terminals":[]}"#.to_owned())
        } else if head.starts_with("POST /programs ") {
            let found: Vec<String> = told.programs.iter().map(|program| format!("\"{program}\"")).collect();
            format!(r#"{{"found":[{}]}}"#, found.join(","))
        } else if let Some(rest) = head.strip_prefix("PUT /terminals/") {
            let number = rest.split(' ').next().unwrap_or_default().to_owned();
            told.opened.push((id, number, asked));
            terminal.to_owned()
        } else {
            format!("[{terminal}]")
        }
    };
    let answer =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    // A caller that hung up doesn't want its answer.
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// A request's head and body.
async fn read_request(stream: &mut DuplexStream) -> Option<(String, String)> {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok()).flatten()
            });
            let body = &request[end + 4..];
            if body.len() >= length.unwrap_or(0) {
                return Some((head, String::from_utf8_lossy(body).into_owned()));
            }
        }
        match stream.read(&mut chunk).await {
            Ok(read) if read > 0 => request.extend_from_slice(&chunk[..read]),
            _ => return None,
        }
    }
}
