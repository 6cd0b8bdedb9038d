//! A way to an engine that can be barred for some of what is asked: as at an engine that hangs in the middle of
//! something, nobody is turned away and nobody is answered.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longer than anything takes that is waited for here.
const LIMIT: Duration = Duration::from_secs(60);
/// More than a request's head has.
const BUFFER: usize = 64 * 1024;

/// What is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The request: the engine hears of it only when the gate opens, whether or not somebody still wants it.
    Request,
    /// The answer: the engine does what it was asked, and nobody learns of it.
    Answer,
}

/// A request by its first line, such as `POST /v1.41/containers/create?name=x HTTP/1.1`.
type Which = Box<dyn Fn(&str) -> bool + Send + Sync>;

#[derive(Default)]
struct State {
    bar: Option<(Side, Which)>,
    /// How many the bar has held.
    held: usize,
}

impl State {
    fn holds(&self, side: Side, line: &str) -> bool {
        self.bar.as_ref().is_some_and(|(barred, which)| *barred == side && which(line))
    }
}

/// See the module.
pub struct Gate {
    socket: PathBuf,
    state: Arc<watch::Sender<State>>,
    listening: JoinHandle<()>,
}

impl Gate {
    /// One before the engine at `engine`, with a socket of its own at `socket`.
    #[must_use]
    pub fn new(engine: PathBuf, socket: PathBuf) -> Self {
        let listener = UnixListener::bind(&socket).unwrap();
        let state = Arc::new(watch::Sender::new(State::default()));
        let gate = Arc::clone(&state);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, engine.clone(), Arc::clone(&gate)));
            }
        });
        Self { socket, state, listening }
    }

    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// From now on holds those requests, and no others, until it is opened.
    pub fn bar(&self, side: Side, which: impl Fn(&str) -> bool + Send + Sync + 'static) {
        self.state.send_replace(State { bar: Some((side, Box::new(which))), held: 0 });
    }

    /// Until it holds something.
    pub async fn holds(&self) {
        let mut state = self.state.subscribe();
        timeout(LIMIT, state.wait_for(|state| state.held > 0)).await.expect("nobody asked").unwrap();
    }

    /// Lets everything through, what it holds too.
    pub fn open(&self) {
        self.state.send_replace(State::default());
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn carry(client: UnixStream, engine: PathBuf, gate: Arc<watch::Sender<State>>) {
    let Ok(engine) = UnixStream::connect(engine).await else { return };
    let ((mut from_client, mut to_client), (mut from_engine, mut to_engine)) =
        (client.into_split(), engine.into_split());
    let asked = watch::Sender::new(String::new());
    let there = async {
        let mut buffer = vec![0; BUFFER];
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            if let Some(line) = first_line(&buffer[..length]) {
                pass(&gate, Side::Request, &line).await;
                asked.send_replace(line);
            }
            if to_engine.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    let back = async {
        let mut buffer = vec![0; BUFFER];
        while let Ok(length @ 1..) = from_engine.read(&mut buffer).await {
            let line = asked.borrow().clone();
            pass(&gate, Side::Answer, &line).await;
            if to_client.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = there => {}
        () = back => {}
    }
}

/// The first line of a request that begins here. Nobody sends a second before the first is answered, and what is
/// sent along is JSON.
fn first_line(bytes: &[u8]) -> Option<String> {
    let is_head = ["GET /", "POST /", "PUT /", "DELETE /", "HEAD /"].iter().any(|m| bytes.starts_with(m.as_bytes()));
    is_head.then(|| String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().to_owned())
}

async fn pass(gate: &watch::Sender<State>, side: Side, line: &str) {
    let mut state = gate.subscribe();
    if !state.borrow_and_update().holds(side, line) {
        return;
    }
    gate.send_modify(|state| state.held += 1);
    // Its sender is here.
    let _ = state.wait_for(|state| !state.holds(side, line)).await;
}
