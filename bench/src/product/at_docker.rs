//! A server whose sessions run at a dockerd of the benchmark's own, in namespaces where nothing of the host's is.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use engines::{Engine, Kind, image};
use tempfile::TempDir;

use super::{Command, Product, Running, Server};
use crate::socket::Socket;

/// A server and its engine.
pub struct AtDocker {
    server: Server,
    /// Taken when it has been ended.
    engine: Mutex<Option<Engine>>,
    pub socket: PathBuf,
    /// The control group of its containers.
    pub group: String,
}

impl AtDocker {
    /// Starts both. The calling thread gets namespaces of its own; whoever connects has to be it, or a thread it made.
    pub fn start(command: &Command) -> Result<Self> {
        let engine = Engine::start(Kind::Docker, Arc::new(TempDir::with_prefix("berth-bench-")?));
        engine.load_image(&image::tar(command.log.parent().context("the log has no folder")?));
        let (socket, group) = (engine.socket(), engine.group());
        let url = format!("unix://{}", socket.display());
        let server = command.start(&["--runtime", "docker", "--docker-url", &url, "--docker-image", image::NAME])?;
        Ok(Self { server, engine: Mutex::new(Some(engine)), socket, group })
    }

    /// How many of something the engine has: `/containers/json?all=1` or `/networks`.
    pub fn count(&self, path: &str) -> Result<usize> {
        let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(engine) = engine.as_ref() else { bail!("the engine has ended") };
        let list = engine.get(path).with_context(|| format!("the engine does not answer {path}"))?;
        Ok(list.as_array().with_context(|| format!("{path} is no list"))?.len())
    }
}

impl Product for AtDocker {
    fn start_session(&self) -> Result<Running> {
        self.server.start_session()
    }

    fn connect(&self, session: &str, terminal: u8, query: &str) -> Result<Socket> {
        self.server.connect(session, terminal, query)
    }

    fn delete_session(&self, session: &str) -> Result<()> {
        self.server.delete_session(session)
    }

    fn server(&self) -> Option<&Server> {
        Some(&self.server)
    }

    fn shut_down(&self) {
        self.server.shut_down();
        drop(self.engine.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
