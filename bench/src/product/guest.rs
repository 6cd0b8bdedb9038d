//! Guests alone, as plain processes with a Unix socket each: shows what of a figure is the guest's.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use protocol::guest::{Config, Listen};
use protocol::{GuestToken, SessionId};
use tempfile::TempDir;

use super::{Product, Running, Server, reap};
use crate::socket::{Socket, Stream};

/// How long a guest may take until it listens.
const LISTEN_LIMIT: Duration = Duration::from_secs(5);
/// How long a guest may take to end.
const END_LIMIT: Duration = Duration::from_secs(5);

/// Guests without server and container, one a session.
#[derive(Debug)]
pub struct Guests {
    binary: PathBuf,
    running: Mutex<Vec<Guest>>,
}

#[derive(Debug)]
struct Guest {
    session: SessionId,
    token: GuestToken,
    child: Child,
    directory: TempDir,
}

impl Guests {
    /// Guests of that binary.
    pub fn of(binary: &Path) -> Self {
        Self { binary: binary.into(), running: Mutex::default() }
    }
}

impl Product for Guests {
    fn start_session(&self) -> Result<Running> {
        let directory = TempDir::with_prefix("berth-bench-")?;
        let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
        let random = random()?;
        let session = SessionId::from_random(std::array::from_fn(|at| u16::from(random[at]) * 257));
        let config = Config {
            session: session.clone(),
            token: GuestToken::from_random(random),
            listen: Listen::Unix(path("guest.sock")),
            user: None,
            directory: path("workspace"),
            home: directory.path().to_string_lossy().into_owned(),
            shell: "/bin/bash".into(),
            env: std::collections::BTreeMap::new(),
        };
        std::fs::write(path("guest.json"), serde_json::to_vec(&config)?)?;
        let child = Command::new(&self.binary)
            .arg(path("guest.json"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("{} would not start", self.binary.display()))?;
        let running = Running { id: session.to_string(), guest: child.id().try_into()? };
        let socket = path("guest.sock");
        let mut guests = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        guests.push(Guest { session, token: config.token, child, directory });
        drop(guests);
        let deadline = Instant::now() + LISTEN_LIMIT;
        while UnixStream::connect(&socket).is_err() {
            if Instant::now() > deadline {
                bail!("the guest did not listen within {LISTEN_LIMIT:?}");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(running)
    }

    fn connect(&self, session: &str, terminal: u8, query: &str) -> Result<Socket> {
        let guests = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let guest = guests.iter().find(|guest| guest.session.as_str() == session).context("no such guest")?;
        let stream = UnixStream::connect(guest.directory.path().join("guest.sock"))?;
        let path = format!("/terminals/{terminal}/ws?cols=80&rows=24{query}");
        let headers = format!("Authorization: Bearer {}\r\n", guest.token.reveal());
        drop(guests);
        Socket::open(Stream::Unix(stream), "guest", &path, &headers)
    }

    fn delete_session(&self, session: &str) -> Result<()> {
        let mut guests = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let at = guests.iter().position(|guest| guest.session.as_str() == session).context("no such guest")?;
        let mut guest = guests.remove(at);
        drop(guests);
        let _ = kill(Pid::from_raw(guest.child.id().try_into()?), Signal::SIGTERM);
        reap(&mut guest.child, END_LIMIT)
    }

    fn server(&self) -> Option<&Server> {
        None
    }

    fn shut_down(&self) {
        let guests = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        for mut guest in guests {
            // Failing, it is gone already.
            let _ = guest.child.kill();
            let _ = guest.child.wait();
        }
    }
}

fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(bytes)
}
