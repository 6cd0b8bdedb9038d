//! The guest's HTTP API, and the file that tells a guest how to start.
//!
//! HTTP/1.1 over one byte stream a request or socket. Each request carries
//! `Authorization: Bearer <token>`; without it the answer is 401 and nothing else is told.
//!
//! | request | answer |
//! |---|---|
//! | `GET /health` | 200 [`Health`] |
//! | `GET /terminals` | 200 `Vec<`[`Terminal`]`>` |
//! | `GET /activity` | 200 [`Activity`]: the terminals with what runs in each |
//! | `POST /programs` [`FindPrograms`] | 200 [`FoundPrograms`]: which of them there are |
//! | `PUT /terminals/{n}` [`OpenTerminal`] | 200 [`Terminal`]; does nothing to one that runs |
//! | `DELETE /terminals/{n}` | 204 once its programs are gone (SIGHUP, then SIGKILL), though the client hang up; 404 |
//! | `GET /terminals/{n}/ws?cols&rows[&since&epoch][&manual=1][&tz]` | 101; opens the terminal if it is not |
//! | `GET /terminals/{n}/scrollback?format=text\|ansi` | 200, screen and scrollback; 404 |
//! | `POST /terminals/{n}/input` bytes | 204; 404; 409 while the program reads so little that 256 KiB wait |
//! | `POST /uploads?name=<percent-encoded>` bytes | 201 [`Uploaded`], a file of the programs' user in `~/uploads`, under a free name; 400 name, 408 no bytes for a minute, 409 no such folder can be had or no name is free, 413 over 100 MiB, 507 disk full; but for 201 nothing is left |
//! | `POST /callback` [`Callback`] | 200 [`CalledBack`]: one GET to loopback in the container; 400 address, 502 nobody listens, 504 no answer |
//! | `POST /shutdown` [`Shutdown`] | 202; SIGHUP, SIGTERM, after the grace SIGKILL, then init exits |
//!
//! Errors are [`Problem`]. The socket is described in [`crate::frame`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::frame::Size;
use crate::{GuestToken, SessionId, TerminalId};

/// Where in a container its private directory is mounted: the guest's configuration and socket.
/// Only the container's root may enter it.
pub const DIRECTORY: &str = "/run/berth";
/// The guest's configuration, in [`DIRECTORY`], mode 0600: a [`Config`] as JSON.
pub const CONFIG_FILE: &str = "guest.json";
/// The guest's Unix socket, in [`DIRECTORY`], mode 0600; it belongs to whoever the directory belongs to.
pub const SOCKET_FILE: &str = "guest.sock";
/// What the guest leaves in [`DIRECTORY`] when it ends by itself: an [`ExitRecord`] as JSON.
pub const EXIT_FILE: &str = "exit.json";
/// Where in a container the guest's binary is.
pub const BINARY: &str = "/run/berth-guest";

/// How a guest is to start.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The session this container is for; programs see it as `BERTH_SESSION`.
    pub session: SessionId,
    /// What every request must carry.
    pub token: GuestToken,
    /// Where to listen.
    pub listen: Listen,
    /// Whom programs run as, if not as the guest itself.
    pub user: Option<User>,
    /// Working directory of a new terminal; created when missing.
    pub directory: String,
    /// Home directory.
    pub home: String,
    /// The login shell, an absolute path.
    pub shell: String,
    /// Environment for programs, besides what the guest sets.
    pub env: BTreeMap<String, String>,
}

/// Where a guest listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listen {
    /// A Unix socket at this path.
    Unix(String),
    /// A TCP address, for drivers that can't share a directory.
    Tcp(std::net::SocketAddr),
}

/// A user inside the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
}

/// How a guest ended by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitRecord {
    /// The guest's own exit code; 0 after an orderly shutdown.
    pub code: i32,
    /// Whether a shutdown had been asked for.
    pub requested: bool,
}

/// A guest that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The guest's version.
    pub version: String,
    /// The guest's process id inside the container; 1 when it is init.
    pub pid: u32,
    /// How many terminals are open.
    pub terminals: u8,
    /// Seconds since anybody typed, or since the guest started.
    pub idle_seconds: u64,
}

/// What a new terminal runs and how it begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OpenTerminal {
    /// A command line typed into the login shell once it is up; none for a plain shell.
    pub command: Option<String>,
    /// First size; [`Size::DEFAULT`] when absent.
    pub size: Option<Size>,
    /// The browser's time zone, such as `Europe/Berlin`.
    pub time_zone: Option<String>,
}

/// A terminal that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terminal {
    pub id: TerminalId,
    pub cols: u16,
    pub rows: u16,
    pub title: String,
    /// The foreground process' name.
    pub process: String,
    /// Connected clients.
    pub clients: u32,
    /// Bytes written by its programs so far.
    pub offset: u64,
    /// What its programs last said of their progress.
    #[serde(default)]
    pub progress: Progress,
}

/// Progress as programs tell it (OSC 9;4, which ConEmu began and others took up).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// None was told, or it was taken back.
    #[default]
    None,
    /// Some of it is done.
    Normal,
    /// It failed.
    Error,
    /// Something is done; nobody knows how much of it.
    Indeterminate,
    /// It waits.
    Paused,
}

/// What goes on in the container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Seconds since anybody typed, or since the guest started.
    pub idle_seconds: u64,
    /// Those that are open, by number.
    pub terminals: Vec<TerminalActivity>,
}

/// What goes on in a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalActivity {
    #[serde(flatten)]
    pub terminal: Terminal,
    /// What runs in the foreground; none while that is the shell.
    pub program: Option<Program>,
}

/// A program in the foreground.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its process group.
    pub group: i32,
    /// Its command line as it could be typed; empty when it can't be read.
    pub command: String,
    /// CPU time of its processes and all that they started, milliseconds.
    pub cpu_ms: u64,
}

/// Names of programs that somebody wants to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindPrograms {
    /// File names without directories.
    pub names: Vec<String>,
}

/// Those that there are where programs usually are; a person's own shell may know more places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundPrograms {
    pub found: Vec<String>,
}

/// A file that was uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploaded {
    /// Where it is in the container.
    pub path: String,
}

/// The address that a sign-in ended on. A secret, so it is in a body, and in no log.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// See [`crate::loopback::LoopbackAddress`].
    pub url: String,
}

/// What a program on loopback answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledBack {
    /// Its HTTP status.
    pub status: u16,
}

/// An orderly end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shutdown {
    /// Milliseconds between SIGTERM and SIGKILL.
    pub grace_ms: u64,
}

/// What went wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A sentence for a log.
    pub error: String,
}
