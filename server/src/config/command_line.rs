//! The command line: which command, which file, which flags.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use app::model::account::{Email, MAX_TOKEN_DAYS, Role, Scope};
use app::model::operations::Reconcile;
use clap::{Arg, ArgAction, ArgMatches};

use super::keys::KEYS;

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Serve,
    Config,
    Health,
    Admin(AdminCommand),
}

/// What an administrator does at the command line, whether the server runs and whether anybody can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminCommand {
    /// Lists everybody.
    People,
    /// Adds a person and prints their link.
    Create { email: Email, role: Role },
    /// Prints a new link for a person who lost their password.
    Link { email: Email },
    /// Makes a person an active administrator.
    Promote { email: Email },
    /// Makes an API token in a person's name and prints it.
    Token { email: Email, name: String, scopes: Vec<Scope>, days: Option<u32> },
    /// Lists every session.
    Sessions,
    /// Brings sessions and containers together.
    Reconcile(Reconcile),
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
    // Flags are global: clap hands them to the innermost command, wherever they stood.
    let mut flags = &matches;
    while let Some((_, inner)) = flags.subcommand() {
        flags = inner;
    }
    let command = match matches.subcommand() {
        Some(("config", _)) => Command::Config,
        Some(("health", _)) => Command::Health,
        Some(("admin", admin)) => Command::Admin(read_admin(admin)),
        _ => Command::Serve,
    };
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
        .subcommand(admin())
}

fn admin() -> clap::Command {
    let email = || Arg::new("email").value_name("EMAIL").required(true).value_parser(clap::value_parser!(Email));
    let scopes = Arg::new("scopes")
        .long("scopes")
        .value_name("SCOPE,…")
        .value_delimiter(',')
        .default_value("read")
        .value_parser(|word: &str| Scope::of_word(word).ok_or("read, sessions, storage, jobs or admin"))
        .help("What it may be used for: read, sessions, storage, jobs, admin");
    clap::Command::new("admin")
        .about("Look after people and tokens, also while the server runs and when nobody can sign in")
        .subcommand_required(true)
        .subcommand(clap::Command::new("people").about("List everybody"))
        .subcommand(
            clap::Command::new("create")
                .about("Add a person and print the link that lets them choose a password")
                .arg(email())
                .arg(Arg::new("admin").long("admin").action(ArgAction::SetTrue).help("Make them an administrator")),
        )
        .subcommand(
            clap::Command::new("link").about("Print a new link for somebody who lost their password").arg(email()),
        )
        .subcommand(clap::Command::new("promote").about("Make somebody an active administrator").arg(email()))
        .subcommand(
            clap::Command::new("token")
                .about("Make an API token in somebody's name and print it")
                .arg(email())
                .arg(
                    Arg::new("name")
                        .long("name")
                        .value_name("NAME")
                        .default_value("command line")
                        .help("What to call it"),
                )
                .arg(scopes)
                .arg(
                    Arg::new("days")
                        .long("days")
                        .value_name("NUMBER")
                        .value_parser(clap::value_parser!(u32).range(1..=i64::from(MAX_TOKEN_DAYS)))
                        .help("Days until it runs out; without it, never"),
                ),
        )
        .subcommand(clap::Command::new("sessions").about("List every session"))
        .subcommand(reconcile())
}

fn reconcile() -> clap::Command {
    clap::Command::new("reconcile")
        .about("Remove containers without a session and mark sessions whose container is gone; a line for each")
        .arg(
            Arg::new("dry-run")
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Change nothing, and say what would be done"),
        )
        .arg(
            Arg::new("force")
                .long("force")
                .action(ArgAction::SetTrue)
                .help("Remove containers also when the database knows no session at all"),
        )
}

fn read_admin(matches: &ArgMatches) -> AdminCommand {
    let Some((name, given)) = matches.subcommand() else { return AdminCommand::People };
    // Each that needs one has one; clap has seen to it.
    let email = given.try_get_one::<Email>("email").ok().flatten().cloned();
    match (name, email) {
        ("create", Some(email)) => {
            let role = if given.get_flag("admin") { Role::Admin } else { Role::User };
            AdminCommand::Create { email, role }
        }
        ("link", Some(email)) => AdminCommand::Link { email },
        ("promote", Some(email)) => AdminCommand::Promote { email },
        ("token", Some(email)) => AdminCommand::Token {
            email,
            name: given.get_one::<String>("name").cloned().unwrap_or_default(),
            scopes: given.get_many::<Scope>("scopes").unwrap_or_default().copied().collect(),
            days: given.get_one::<u32>("days").copied(),
        },
        ("sessions", _) => AdminCommand::Sessions,
        ("reconcile", _) => {
            AdminCommand::Reconcile(Reconcile { dry_run: given.get_flag("dry-run"), force: given.get_flag("force") })
        }
        _ => AdminCommand::People,
    }
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
