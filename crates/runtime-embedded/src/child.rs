//! Runs the short-lived child for one request.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use runtime::RuntimeError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::request::{Answer, Failure, Request};

/// How long a child may take. Starting takes about 50 ms; a host that swaps takes a hundred times
/// that. Removing a large tree gets as long again for each try.
const LIMIT: Duration = Duration::from_secs(30);
/// Most of a child's complaints that is kept, bytes.
const LONGEST_COMPLAINT: u64 = 4096;
/// Most of an answer that is read, bytes; answers are a few hundred.
const LONGEST_ANSWER: u64 = 65_536;

/// How to run the child.
#[derive(Debug, Clone)]
pub(crate) struct Helper {
    pub program: PathBuf,
    pub args: Vec<OsString>,
}

impl Helper {
    /// Sends one request and reads the answer.
    pub(crate) async fn ask(&self, request: &Request) -> Result<Answer, RuntimeError> {
        let mut child = self.spawn(request).await?;
        let (mut answer, mut complaint) = (Vec::new(), Vec::new());
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        let finished = timeout(LIMIT, async {
            // Together, or one that fills up would stall the other.
            tokio::try_join!(
                async {
                    match output {
                        Some(output) => output.take(LONGEST_ANSWER).read_to_end(&mut answer).await,
                        None => Ok(0),
                    }
                },
                async {
                    match errors {
                        Some(errors) => errors.take(LONGEST_COMPLAINT).read_to_end(&mut complaint).await,
                        None => Ok(0),
                    }
                },
            )?;
            child.wait().await
        })
        .await;
        let status = match finished {
            Ok(status) => status.map_err(|source| failed("run the container helper", source))?,
            Err(_) => {
                child.kill().await.map_err(|source| failed("end the container helper", source))?;
                return Err(RuntimeError::Timeout { what: "the container helper", seconds: LIMIT.as_secs() });
            }
        };
        let complaint = String::from_utf8_lossy(&complaint);
        if !complaint.trim().is_empty() {
            tracing::debug!(complaint = complaint.trim(), "container helper");
        }
        serde_json::from_slice(&answer).map_err(|_| RuntimeError::Unavailable {
            detail: format!("the container helper ended with {status} and no answer: {}", complaint.trim()),
        })
    }

    async fn spawn(&self, request: &Request) -> Result<Child, RuntimeError> {
        let input = serde_json::to_vec(request).map_err(|error| failed("write a request", error.into()))?;
        let mut command = Command::new(&self.program);
        command.args(&self.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What a killed server's child makes or removes would get in the way of the next server's. A start
        // is let to its end instead: the next server waits for it and takes its container up. So is the
        // way out, which nobody would open again.
        if !matches!(request, Request::Start(_) | Request::Network(_)) {
            let end_with_parent =
                || nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL).map_err(io::Error::from);
            // SAFETY: one async-signal-safe system call between fork and exec.
            unsafe { command.pre_exec(end_with_parent) };
        }
        let mut child = command.spawn().map_err(|error| RuntimeError::Unavailable {
            detail: format!("the container helper {} would not run: {error}", self.program.display()),
        })?;
        if let Some(mut stdin) = child.stdin.take() {
            match timeout(LIMIT, stdin.write_all(&input)).await {
                // A child that dies before reading says why in its answer or status.
                Ok(Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => {
                    return Err(failed("write to the container helper", error));
                }
                Ok(_) => {}
                Err(_) => return Err(RuntimeError::Timeout { what: "the container helper", seconds: LIMIT.as_secs() }),
            }
        }
        Ok(child)
    }
}

impl Failure {
    /// The failure of a start, or of anything else, as the trait has it.
    pub(crate) fn into_start_error(self) -> RuntimeError {
        if self.disk_full { RuntimeError::DiskFull } else { RuntimeError::Start { detail: self.detail } }
    }

    pub(crate) fn into_error(self) -> RuntimeError {
        if self.disk_full { RuntimeError::DiskFull } else { RuntimeError::Unavailable { detail: self.detail } }
    }
}

/// An answer that the request can't have.
pub(crate) fn unexpected(answer: &Answer) -> RuntimeError {
    RuntimeError::Unavailable { detail: format!("the container helper answered {answer:?}") }
}

pub(crate) fn failed(what: &str, source: io::Error) -> RuntimeError {
    if matches!(source.raw_os_error(), Some(libc::ENOSPC | libc::EDQUOT)) {
        return RuntimeError::DiskFull;
    }
    RuntimeError::Io { what: what.to_owned(), source }
}
