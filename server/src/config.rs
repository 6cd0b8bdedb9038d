//! Configuration: flags over `BERTH_*` variables over `berth.toml` over defaults.
//!
//! Owns what can be configured, where each value comes from, and how a wrong one is told. Knows
//! nothing of what the values are used for. Every error is one line that names the file and line,
//! the variable or the flag.

mod command_line;
mod error;
mod file;
mod keys;
mod origin;
mod print;
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
use runtime::Limits;

use self::source::Settings;

/// All that can be configured, checked.
#[derive(Clone)]
pub struct Config {
    /// Where to listen for HTTP.
    pub listen: SocketAddr,
    /// Where everything that must survive a restart is kept.
    pub data_dir: PathBuf,
    /// `sqlite://path` or `postgres://…`. May hold a password: never logged.
    pub database_url: String,
    /// Where people reach the server, when that is not the address it listens on.
    pub public_url: Option<Origin>,
    /// Other origins whose pages may write and open sockets.
    pub allowed_origins: Vec<Origin>,
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
    /// What each container may use.
    pub limits: Limits,
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

    /// Whether people reach the server over TLS, by what `public_url` says.
    #[must_use]
    pub fn is_public_over_tls(&self) -> bool {
        self.public_url.as_ref().is_some_and(Origin::is_https)
    }

    /// Where a person opens the server when it listens on `address`.
    #[must_use]
    pub fn address_for_people(&self, address: SocketAddr) -> String {
        if let Some(public) = &self.public_url {
            return public.to_string();
        }
        let mut address = address;
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("http://{address}")
    }
}
