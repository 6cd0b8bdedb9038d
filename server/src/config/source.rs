//! Where values come from, and which one wins.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::command_line::Invocation;
use super::error::ConfigError;
use super::keys::{self, KEYS, Key};
use super::{file, values};

/// The name of the file that is looked for.
const FILE_NAME: &str = "berth.toml";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Flag(String),
    Variable(String),
    /// A file and the line in it, counted from one.
    File(PathBuf, usize),
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "--{name}"),
            Self::Variable(name) => f.write_str(name),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value before it is checked. One value for a key that takes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) values: Vec<String>,
    pub(super) from: Source,
}

/// What was set, by key.
pub(super) type Settings = BTreeMap<&'static str, Setting>;

/// What surrounds the process, as a value so that tests can make one up.
#[derive(Debug, Clone)]
pub struct Environment {
    pub variables: BTreeMap<OsString, OsString>,
    pub working_dir: PathBuf,
    /// The directory the binary is in.
    pub program_dir: PathBuf,
    pub is_root: bool,
}

impl Environment {
    /// The process' own.
    ///
    /// # Errors
    /// When the working directory is gone or the binary's path can't be told.
    pub fn of_process() -> std::io::Result<Self> {
        let program = std::env::current_exe()?;
        Ok(Self {
            variables: std::env::vars_os().collect(),
            working_dir: std::env::current_dir()?,
            program_dir: program.parent().map(Path::to_path_buf).unwrap_or_default(),
            is_root: nix::unistd::geteuid().is_root(),
        })
    }

    pub(super) fn variable(&self, name: &str) -> Option<&OsString> {
        self.variables.get(std::ffi::OsStr::new(name)).filter(|value| !value.is_empty())
    }
}

/// All that was set anywhere, the strongest source of each key.
pub(super) fn gather(invocation: &Invocation, environment: &Environment) -> Result<Settings, ConfigError> {
    let mut strongest = from_variables(environment)?;
    strongest.extend(from_flags(invocation));
    let mut all = match file_to_read(invocation, environment, &strongest) {
        Some(path) => file::read(&path)?,
        None => Settings::new(),
    };
    all.extend(strongest);
    Ok(all)
}

fn from_flags(invocation: &Invocation) -> Settings {
    let setting = |key: &'static Key| {
        let values = invocation.flags.get(key.name)?.clone();
        Some((key.name, Setting { values, from: Source::Flag(key.flag()) }))
    };
    KEYS.iter().filter_map(setting).collect()
}

fn from_variables(environment: &Environment) -> Result<Settings, ConfigError> {
    let mut settings = Settings::new();
    for (name, value) in &environment.variables {
        let name = name.to_string_lossy();
        if !name.starts_with("BERTH_") || keys::OTHER_VARIABLES.contains(&&*name) {
            continue;
        }
        let from = Source::Variable(name.to_string());
        let Some(key) = KEYS.iter().find(|key| key.variable() == *name) else {
            let hint = keys::nearest(&name, KEYS.iter().map(Key::variable));
            let place = Source::Variable("environment".into());
            return Err(ConfigError::Unknown { place, what: "variable", name: name.into(), hint });
        };
        let Some(text) = value.to_str() else {
            return Err(ConfigError::Value { place: from, key: key.name, problem: "it is not UTF-8".into() });
        };
        // An empty variable is one that a script left unset.
        if text.is_empty() {
            continue;
        }
        let values = if key.many {
            text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
        } else {
            vec![text.to_owned()]
        };
        settings.insert(key.name, Setting { values, from });
    }
    Ok(settings)
}

/// The file that was asked for; else the working directory's; else the data directory's.
fn file_to_read(invocation: &Invocation, environment: &Environment, settings: &Settings) -> Option<PathBuf> {
    if let Some(path) = &invocation.config {
        return Some(path.clone());
    }
    if let Some(path) = environment.variable("BERTH_CONFIG") {
        return Some(path.into());
    }
    let data_dir = settings
        .get("data_dir")
        .and_then(|setting| setting.values.first())
        .map_or_else(|| values::default_data_dir(environment), PathBuf::from);
    let here = environment.working_dir.join(FILE_NAME);
    let there = environment.working_dir.join(data_dir).join(FILE_NAME);
    [here, there].into_iter().find(|path| is_there(path))
}

/// A file that may not be read is there, and is told of; one below what is no directory is not.
fn is_there(path: &Path) -> bool {
    match path.try_exists() {
        Ok(is_there) => is_there,
        Err(error) => error.kind() != std::io::ErrorKind::NotADirectory,
    }
}
