//! The command line: which command, which file, which flags.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches};

use super::keys::KEYS;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Serve,
    Config,
    Health,
}

/// A parsed command line.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub command: Command,
    /// The file that `--config` names.
    pub config: Option<PathBuf>,
    /// Values of the flags that were given, by key.
    pub(super) flags: BTreeMap<&'static str, Vec<String>>,
}

/// Parses `arguments`, the program's name first.
///
/// # Errors
/// What clap says of it: a usage error, or the help or version that was asked for.
pub fn parse_command_line(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, clap::Error> {
    let matches = command().try_get_matches_from(arguments)?;
    let command = match matches.subcommand_name() {
        Some("config") => Command::Config,
        Some("health") => Command::Health,
        _ => Command::Serve,
    };
    // Flags are global: clap hands them to the innermost command, wherever they stood.
    let flags = matches.subcommand().map_or(&matches, |(_, matches)| matches);
    Ok(Invocation { command, config: flags.get_one::<PathBuf>("config").cloned(), flags: read_flags(flags) })
}

fn command() -> clap::Command {
    clap::Command::new("berth")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A container of its own for every coding agent, and a browser tab into it")
        .after_help("Each option can be a BERTH_* variable or a key in berth.toml; `berth config` prints them all.")
        .args(arguments())
        .subcommand(clap::Command::new("serve").about("Serve (the default)"))
        .subcommand(clap::Command::new("config").about("Print the configuration and where it comes from"))
        .subcommand(clap::Command::new("health").about("Ask the running server whether it is alive"))
}

fn arguments() -> impl Iterator<Item = Arg> {
    let config = Arg::new("config")
        .long("config")
        .global(true)
        .value_name("FILE")
        .value_parser(clap::value_parser!(PathBuf))
        .help("The configuration file, instead of ./berth.toml or the data directory's");
    let flag = |key: &'static super::keys::Key| {
        let action = if key.many { ArgAction::Append } else { ArgAction::Set };
        Arg::new(key.name).long(key.flag()).value_name(key.value).help(key.help).action(action).global(true)
    };
    std::iter::once(config).chain(KEYS.iter().map(flag))
}

fn read_flags(matches: &ArgMatches) -> BTreeMap<&'static str, Vec<String>> {
    let given = |key: &'static super::keys::Key| {
        let values = matches.get_many::<String>(key.name)?.cloned().collect();
        Some((key.name, values))
    };
    KEYS.iter().filter_map(given).collect()
}
