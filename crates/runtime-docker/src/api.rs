//! The way to the engine: a client that speaks the version of the API that the engine does, limits for every
//! call, and the engine's errors in our words.

use std::error::Error as _;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, Docker};
use protocol::ContainerId;
use runtime::RuntimeError;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;

use crate::options::{Options, Patience, Tls};

/// How long the engine may take over sending a signal, and for taking one out of a pause.
pub(crate) const SIGNAL_LIMIT: Duration = Duration::from_secs(15);
/// The same for removing something with its files, of which there may be millions.
pub(crate) const REMOVE_LIMIT: Duration = Duration::from_secs(300);
/// What the client itself waits for an answer to begin. Beyond all of ours: theirs is one for all calls.
const CLIENT_LIMIT_SECONDS: u64 = 600;

/// A way to the engine.
#[derive(Debug)]
pub(crate) struct Api {
    url: String,
    tls: Option<Tls>,
    pub(crate) patience: Patience,
    /// Once the engine has answered.
    negotiated: Mutex<Option<Docker>>,
}

impl Api {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            url: options.url.clone(),
            tls: options.tls.clone(),
            patience: options.patience,
            negotiated: Mutex::new(None),
        }
    }

    /// The socket, when it is one on this host.
    pub(crate) fn socket(&self) -> Option<&str> {
        self.url.strip_prefix("unix://")
    }

    /// A client that has spoken with the engine at some time.
    pub(crate) async fn docker(&self) -> Result<Docker, RuntimeError> {
        if let Some(docker) = self.negotiated.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            return Ok(docker.clone());
        }
        let fresh = self.client().map_err(|error| self.unavailable(&error))?;
        let docker = limited("asking the engine for its version", self.patience.look, fresh.negotiate_version(), |e| {
            self.unavailable(&e)
        })
        .await?;
        *self.negotiated.lock().unwrap_or_else(PoisonError::into_inner) = Some(docker.clone());
        Ok(docker)
    }

    fn client(&self) -> Result<Docker, Error> {
        if let Some(socket) = self.socket() {
            // The client would not tell a socket that isn't there from one that may not be looked at.
            std::fs::metadata(socket)?;
            return Docker::connect_with_unix(&self.url, CLIENT_LIMIT_SECONDS, API_DEFAULT_VERSION);
        }
        match &self.tls {
            Some(Tls { authority, certificate, key }) => Docker::connect_with_ssl(
                &self.url,
                key,
                certificate,
                authority,
                CLIENT_LIMIT_SECONDS,
                API_DEFAULT_VERSION,
            ),
            None => Docker::connect_with_http(&self.url, CLIENT_LIMIT_SECONDS, API_DEFAULT_VERSION),
        }
    }

    /// One call, with its limit.
    pub(crate) async fn call<T>(
        &self,
        what: &'static str,
        limit: Duration,
        future: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, RuntimeError> {
        limited(what, limit, future, |error| self.translate(what, error)).await
    }

    /// One call about one container: the engine's "no such thing" means that container.
    pub(crate) async fn call_on<T>(
        &self,
        id: &ContainerId,
        what: &'static str,
        limit: Duration,
        future: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, RuntimeError> {
        let translate = |error| {
            if is_gone(&error) { RuntimeError::NotFound(id.clone()) } else { self.translate(what, error) }
        };
        limited(what, limit, future, translate).await
    }

    pub(crate) fn translate(&self, what: &str, error: Error) -> RuntimeError {
        match error {
            Error::DockerResponseServerError { message, .. } if is_full(&message) => RuntimeError::DiskFull,
            Error::DockerResponseServerError { message, .. } => {
                RuntimeError::Unavailable { detail: format!("{what}: {}", message.trim()) }
            }
            error => self.unavailable(&error),
        }
    }

    /// That the engine doesn't answer, and what can be done about it.
    fn unavailable(&self, error: &Error) -> RuntimeError {
        let url = &self.url;
        let detail = match cause(error).map(io::Error::kind) {
            Some(io::ErrorKind::PermissionDenied) => {
                format!("this user may not use {url}; make it a member of the socket's group, `docker` most likely")
            }
            Some(io::ErrorKind::NotFound) => format!("there is no {url}; is the engine installed, and running?"),
            Some(io::ErrorKind::ConnectionRefused) => format!("nobody answers at {url}; is the engine running?"),
            _ => format!("the engine at {url} doesn't answer as it should: {}", chain(error)),
        };
        RuntimeError::Unavailable { detail }
    }
}

async fn limited<T>(
    what: &'static str,
    limit: Duration,
    future: impl Future<Output = Result<T, Error>>,
    translate: impl FnOnce(Error) -> RuntimeError,
) -> Result<T, RuntimeError> {
    match timeout(limit, future).await {
        Ok(answer) => answer.map_err(translate),
        Err(_) => Err(RuntimeError::Timeout { what, seconds: limit.as_secs() }),
    }
}

/// States that Podman tells of and Docker doesn't know, and what they come to.
const FOREIGN_STATES: [(&str, &str); 4] =
    [("configured", "created"), ("initialized", "created"), ("stopped", "exited"), ("unknown", "dead")];

/// The answer after all, when all that the client could not read of it was a container's state.
pub(crate) fn mended<T: DeserializeOwned>(answer: Result<T, Error>) -> Result<T, Error> {
    let Err(Error::JsonDataError { contents, .. }) = &answer else { return answer };
    let Ok(mut value) = serde_json::from_str::<Value>(contents) else { return answer };
    let containers = match &mut value {
        Value::Array(containers) => containers.iter_mut().collect(),
        container => vec![container],
    };
    for container in containers {
        let state = match &mut container["State"] {
            state @ Value::Object(_) => &mut state["Status"],
            state => state,
        };
        let known = FOREIGN_STATES.iter().find(|(foreign, _)| state.as_str() == Some(*foreign));
        if let Some((_, known)) = known {
            *state = Value::from(*known);
        }
    }
    serde_json::from_value(value).or(answer)
}

/// The HTTP status that the engine answered with, if it did.
pub(crate) fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// What the engine said, if it said something.
pub(crate) fn message(error: &Error) -> &str {
    match error {
        Error::DockerResponseServerError { message, .. } => message,
        _ => "",
    }
}

/// Whether the engine said that there is no such thing. Podman has another status for a container that is removed
/// while it looks.
pub(crate) fn is_gone(error: &Error) -> bool {
    status(error) == Some(404) || message(error).to_lowercase().contains("no such container")
}

/// No room for files, in the words of the kernel that engines pass on.
pub(crate) fn is_full(message: &str) -> bool {
    message.contains("no space left on device") || message.contains("disk quota exceeded")
}

/// The failed operation of the system's beneath an error.
fn cause(error: &Error) -> Option<&io::Error> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io);
        }
        if let Some(Error::IOError { err }) = error.downcast_ref::<Error>() {
            return Some(err);
        }
        next = error.source();
    }
    None
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

/// A failed operation on this host.
pub(crate) fn failed(what: impl Into<String>, source: io::Error) -> RuntimeError {
    match source.raw_os_error() {
        Some(FULL | QUOTA) => RuntimeError::DiskFull,
        _ => RuntimeError::Io { what: what.into(), source },
    }
}

/// `ENOSPC` and `EDQUOT`, on every Linux that Berth is built for.
const FULL: i32 = 28;
const QUOTA: i32 = 122;

/// The same about a file.
pub(crate) fn failed_at(what: &str, path: &Path, source: io::Error) -> RuntimeError {
    failed(format!("{what} {}", path.display()), source)
}
