//! Configuration: flags over `BERTH_*` variables over `berth.toml` over defaults.
//!
//! Owns what can be configured, where each value comes from, and how a wrong one is told. Knows
//! nothing of what the values are used for. Every error is one line that names the file and line,
//! the variable or the flag.

mod command_line;
mod engines;
mod error;
mod file;
mod keys;
mod origin;
mod print;
mod rules;
mod sign_in;
mod size;
mod source;
#[cfg(test)]
mod tests;
mod values;

pub use command_line::{AdminCommand, Command, Invocation, parse_command_line};
pub use error::ConfigError;
pub use origin::Origin;
pub use print::describe;
pub use source::{Environment, Source};

use std::net::SocketAddr;
use std::path::PathBuf;

use app::model::account::Email;
use ipnet::IpNet;

use self::source::Settings;
use crate::sessions::rules::Rules;
use crate::settings::{Choices, Secret};

/// Where the certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// What runs new sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RuntimeChoice {
    /// Docker when it is ready, else the embedded runtime.
    #[default]
    Auto,
    Embedded,
    Docker,
}

/// Docker's or Podman's engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Docker {
    /// Where it is, `unix://` or `tcp://`, when somebody said so.
    pub url: Option<String>,
    /// What sessions are made from.
    pub image: String,
    pub tls: Option<EngineTls>,
    /// Whether the image is got from its registry when it is not there.
    pub pull: bool,
}

/// Where the files are with which server and engine know each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineTls {
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// The page on which strangers ask to be let in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waitlist {
    pub is_open: bool,
    pub turnstile: Option<Turnstile>,
}

/// Cloudflare Turnstile's keys for that page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turnstile {
    pub site_key: String,
    pub secret: Secret,
    /// Where a token is verified.
    pub verify_url: String,
}

/// All that can be configured, checked.
#[derive(Clone)]
pub struct Config {
    /// Where to listen for HTTP.
    pub listen: SocketAddr,
    /// Where everything that must survive a restart is kept.
    pub data_dir: PathBuf,
    /// `sqlite://path` or `postgres://…`. May hold a password: never logged.
    pub database_url: String,
    /// What the wizard would otherwise be asked.
    pub chosen: Choices,
    /// The certificate to serve TLS with, and its key.
    pub tls: Option<TlsFiles>,
    /// Whether strangers may ask to be let in, and how robots are kept from it.
    pub waitlist: Waitlist,
    /// Networks of proxies whose word on a client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Who is made an administrator at start-up.
    pub admin_email: Option<Email>,
    /// The file with their first password.
    pub admin_password_file: Option<PathBuf>,
    /// What is logged, as `tracing_subscriber::EnvFilter` spells it.
    pub log: String,
    /// The guest's static binary, put into each container.
    pub guest: PathBuf,
    /// What runs new sessions.
    pub runtime: RuntimeChoice,
    /// The engine that they may be run by.
    pub docker: Docker,
    /// What sessions are made by.
    pub rules: Rules,
    /// The most bytes of one person's files and trash.
    pub quota: Option<u64>,
    /// Where each value came from, for `berth config`.
    settings: Settings,
}

impl Config {
    /// Reads every source, in order, and checks every value.
    ///
    /// # Errors
    /// One line that says what is wrong and where.
    pub fn load(invocation: &Invocation, environment: &Environment) -> Result<Self, ConfigError> {
        values::check(source::gather(invocation, environment)?, environment)
    }
}
