//! The short-lived child: one thread, one request, then gone. It may fork, unshare and mount,
//! which the server, having threads, may not; all that it does to namespaces and mounts is its own
//! and ends with it or with the container.

mod etc;
mod filter;
mod home;
mod launch;
mod mounts;
mod netlink;
mod network;
mod pasta;
mod prepare;
mod probe;
mod seccomp;
mod spec;
mod userns;

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use crate::request::{Answer, Failure, Request};

/// Exit code after [`Answer::Failed`].
const FAILED: u8 = 1;
/// Exit code when there was no request to be read.
const NO_REQUEST: u8 = 2;

/// What a step of the child's failed with: what was tried, and why it did not work.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {source}")]
pub(crate) struct StepError {
    what: String,
    #[source]
    source: io::Error,
}

/// Says what was tried, for an error that doesn't know.
trait Step<T> {
    fn step(self, what: impl FnOnce() -> String) -> Result<T, StepError>;
}

impl<T, E: Into<io::Error>> Step<T> for Result<T, E> {
    fn step(self, what: impl FnOnce() -> String) -> Result<T, StepError> {
        self.map_err(|error| StepError { what: what(), source: error.into() })
    }
}

/// Entry of the short-lived child: call before any thread is started. Reads one request from
/// standard input, answers on standard output. Takes no arguments of its own.
pub fn helper_main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let mut input = String::new();
    let request = match (args.count(), io::stdin().read_to_string(&mut input)) {
        (0, Ok(_)) => serde_json::from_str::<Request>(&input),
        _ => {
            eprintln!("this is the server's own helper; it is not for people");
            return ExitCode::from(NO_REQUEST);
        }
    };
    let request = match request {
        Ok(request) => request,
        Err(error) => {
            eprintln!("the request can't be understood: {error}");
            return ExitCode::from(NO_REQUEST);
        }
    };
    let answer = serve(&request)
        .unwrap_or_else(|error| Answer::Failed(Failure { disk_full: is_disk_full(&error), detail: chain(&error) }));
    let failed = matches!(answer, Answer::Failed(_));
    let written = serde_json::to_vec(&answer)
        .map_err(io::Error::from)
        .and_then(|bytes| io::stdout().write_all(&bytes).and_then(|()| io::stdout().flush()));
    match written {
        Ok(()) if !failed => ExitCode::SUCCESS,
        Ok(()) => ExitCode::from(FAILED),
        Err(error) => {
            eprintln!("the answer can't be written: {error}");
            ExitCode::from(FAILED)
        }
    }
}

fn serve(request: &Request) -> Result<Answer, StepError> {
    reset()?;
    match request {
        Request::Prepare(prepare) => prepare::run(prepare).map(|()| Answer::Done),
        Request::Start(start) => launch::run(start).map(Answer::Started),
        Request::Network(network) => pasta::run(network).map(|()| Answer::Done),
        Request::Remove(remove) => prepare::remove(remove).map(|()| Answer::Done),
        Request::Probe(probe) => Ok(Answer::Probed(probe::run(probe))),
    }
}

/// Forgets what the server's parents left: descriptors, signal dispositions, the umask. The
/// container's init inherits all of these.
fn reset() -> Result<(), StepError> {
    // SAFETY: closes descriptors that nothing in this fresh process owns.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
    if closed != 0 {
        return Err(io::Error::last_os_error()).step(|| "close inherited descriptors".to_owned());
    }
    // libcontainer goes back to where it came from, which the stage may cover.
    nix::unistd::chdir("/").step(|| "leave the working directory".to_owned())?;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o022));
    let default = nix::sys::signal::SigAction::new(
        nix::sys::signal::SigHandler::SigDfl,
        nix::sys::signal::SaFlags::empty(),
        nix::sys::signal::SigSet::empty(),
    );
    for signal in nix::sys::signal::Signal::iterator() {
        if matches!(signal, nix::sys::signal::Signal::SIGKILL | nix::sys::signal::Signal::SIGSTOP) {
            continue;
        }
        // SAFETY: the default action runs no code of ours.
        unsafe { nix::sys::signal::sigaction(signal, &default) }.step(|| format!("reset {signal}"))?;
    }
    nix::sys::signal::SigSet::empty().thread_set_mask().step(|| "unblock signals".to_owned())
}

fn is_disk_full(error: &StepError) -> bool {
    matches!(error.source.raw_os_error(), Some(libc::ENOSPC | libc::EDQUOT))
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let line = error.to_string();
        if !text.contains(&line) {
            text = format!("{text}: {line}");
        }
        cause = error.source();
    }
    text
}
